import type { Knex } from 'knex';
import { upsertRows } from '../../database/bulk';
import { safeText } from '../../database/safeText';
import { toDate, toText } from '../../database/time';
import type { SenderStore } from '../sender';

const SENDERS_TABLE = 'custom_data_senders';
const SECRETS_TABLE = 'custom_data_sender_secrets';

/** What is known of senders beside their configuration. */
export function createSenderStore(options: { knex: Knex }): SenderStore {
  const { knex } = options;
  return {
    paused: async () => {
      const rows = await knex(SENDERS_TABLE);
      return new Map(
        rows.map(row => [
          row.sender,
          { by: row.paused_by, at: toDate(row.paused_at as string) },
        ]),
      );
    },
    setPaused: async (sender, paused) => {
      if (!paused) {
        await knex(SENDERS_TABLE).where({ sender }).delete();
        return;
      }
      await knex(SENDERS_TABLE)
        .insert({
          sender,
          paused_by: safeText(paused.by),
          paused_at: toText(paused.at),
        })
        .onConflict('sender')
        .merge();
    },
    markUsed: uses => markUsed(knex, uses),
    lastUses: async () => {
      const rows = await knex(SECRETS_TABLE).orderBy(['sender', 'secret_id']);
      return rows.map(row => ({
        sender: row.sender,
        secretId: row.secret_id,
        at: toDate(row.last_used_at as string),
      }));
    },
  };
}

/** Replicas tell of the same secrets: the latest use remains. */
async function markUsed(
  knex: Knex,
  uses: Parameters<SenderStore['markUsed']>[0],
): Promise<void> {
  const rows = uses.map(({ sender, secretId, at }) => ({
    sender,
    secret_id: secretId,
    last_used_at: toText(at),
  }));
  // In one order on every replica; of equal keys the last is the latest.
  rows.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const latest = new Map(
    rows.map(row => [JSON.stringify([row.sender, row.secret_id]), row]),
  );
  await upsertRows({
    tx: knex,
    table: SECRETS_TABLE,
    key: ['sender', 'secret_id'],
    rows: [...latest.values()],
    where: `${SECRETS_TABLE}.last_used_at < excluded.last_used_at`,
  });
}

function sortKey(row: {
  sender: string;
  secret_id: string;
  last_used_at: string;
}): string {
  return JSON.stringify([row.sender, row.secret_id, row.last_used_at]);
}
