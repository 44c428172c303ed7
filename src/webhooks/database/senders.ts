import type { Knex } from 'knex';
import { upsertRows } from '../../database/bulk';
import { safeText, toDate, toText } from '../../database/columns';

const SENDERS_TABLE = 'custom_data_senders';
const SECRETS_TABLE = 'custom_data_sender_secrets';

/** Who paused a sender at run time. */
export interface Pause {
  by: string;
  at: Date;
}

/** When a secret was last used. */
export interface SecretUse {
  sender: string;
  secretId: string;
  at: Date;
}

/** The senders that were paused at run time. */
export async function readPauses(options: {
  knex: Knex;
}): Promise<Map<string, Pause>> {
  const rows = await options.knex(SENDERS_TABLE);
  return new Map(
    rows.map(row => [
      row.sender,
      { by: row.paused_by, at: toDate(row.paused_at as string) },
    ]),
  );
}

export async function insertPause(
  options: Pause & { knex: Knex; sender: string },
): Promise<void> {
  const { knex, sender, by, at } = options;
  await knex(SENDERS_TABLE)
    .insert({ sender, paused_by: safeText(by), paused_at: toText(at) })
    .onConflict('sender')
    .merge();
}

export async function deletePause(options: {
  knex: Knex;
  sender: string;
}): Promise<void> {
  const { knex, sender } = options;
  await knex(SENDERS_TABLE).where({ sender }).delete();
}

export async function readSecretUses(options: {
  knex: Knex;
}): Promise<SecretUse[]> {
  const rows = await options
    .knex(SECRETS_TABLE)
    .orderBy(['sender', 'secret_id']);
  return rows.map(row => ({
    sender: row.sender,
    secretId: row.secret_id,
    at: toDate(row.last_used_at as string),
  }));
}

/** Writes down when secrets were used. Replicas write the same ones: a time is never set back. */
export async function upsertSecretUses(options: {
  knex: Knex;
  /** Each secret once. */
  uses: SecretUse[];
}): Promise<void> {
  const { knex, uses } = options;
  const keyOf = (use: SecretUse) => JSON.stringify([use.sender, use.secretId]);
  // In one order on every replica, so that no two wait for each other.
  const sorted = [...uses].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await upsertRows({
    tx: knex,
    table: SECRETS_TABLE,
    key: ['sender', 'secret_id'],
    rows: sorted.map(({ sender, secretId, at }) => ({
      sender,
      secret_id: secretId,
      last_used_at: toText(at),
    })),
    where: `${SECRETS_TABLE}.last_used_at < excluded.last_used_at`,
  });
}
