import type { Knex } from 'knex';
import { toDate, toText } from './columns';

const TABLE = 'custom_data_credentials';

/** Which credential of which source or sender. */
export interface CredentialKey {
  type: 'source' | 'sender';
  name: string;
  id: string;
}

/** Notes which credentials the configuration has. One that is known keeps its date. */
export async function recordCredentials(options: {
  knex: Knex;
  credentials: CredentialKey[];
  now: Date;
}): Promise<void> {
  const { knex, credentials, now } = options;
  for (const { type, name, id } of credentials) {
    await knex(TABLE)
      .insert({ type, name, credential: id, first_seen_at: toText(now) })
      .onConflict(['type', 'name', 'credential'])
      .ignore();
  }
}

/** When a credential was first seen; `now` for one that nobody noted yet. */
export type FirstSeen = (key: CredentialKey) => Date;

export async function readFirstSeen(options: {
  knex: Knex;
  now: Date;
  /** Of one source or sender; of all by default. */
  of?: Pick<CredentialKey, 'type' | 'name'>;
}): Promise<FirstSeen> {
  const { knex, of = {} } = options;
  const rows = await knex(TABLE).where(of);
  const dates = new Map(
    rows.map(row => [
      toKey({ type: row.type, name: row.name, id: row.credential }),
      toDate(row.first_seen_at as string),
    ]),
  );
  return key => dates.get(toKey(key)) ?? options.now;
}

function toKey({ type, name, id }: CredentialKey): string {
  return JSON.stringify([type, name, id]);
}
