import type { Knex } from 'knex';
import { isPostgres } from '../../database/bulk';
import { safeText } from '../../database/safeText';
import { DELIVERIES_TABLE } from './deliveryRow';
import type { NewRow } from './newRow';

const COLUMNS: Array<keyof NewRow> = [
  'delivery_id',
  'sender',
  'dedupe_key',
  'external_id',
  'digest',
  'secret_id',
  'dialect',
  'service_key',
  'environment',
  'event',
  'state',
  'reason',
  'due_at',
  'settled_at',
  'received_at',
  'headers',
];

const INTO = `insert into ${DELIVERIES_TABLE}`;
const UNLESS_THERE =
  'on conflict (sender, dedupe_key) do nothing returning delivery_id';

/*
 * The order of arrival is taken before the rows are put in the order of their
 * keys, which is the same on every replica: two that insert the same at once
 * wait for each other in one direction alone.
 *
 * Payloads are most of what is sent. They go as bytes, one after the other:
 * JSON around JSON makes the insert take half as long again.
 */
const ON_POSTGRES = `
  with arrived as materialized (
    select nextval('${DELIVERIES_TABLE}_sequence_seq') as sequence, r.*
    from json_to_recordset(?::json) as r(${COLUMNS.map(
      column => `${column} text`,
    ).join(', ')}, payload_at integer, payload_bytes integer)
  )
  ${INTO} (sequence, ${COLUMNS.join(', ')}, payload)
  select sequence, ${COLUMNS.join(', ')},
    convert_from(substring(?::bytea, payload_at, payload_bytes), 'UTF8')
  from arrived order by sender, dedupe_key ${UNLESS_THERE}`;

/** One writes at a time: the order of arrival is that of the list. */
const ON_SQLITE = `
  ${INTO} (${COLUMNS.join(', ')}, payload)
  select ${[...COLUMNS, 'payload']
    .map(column => `json_extract(value, '$.${column}')`)
    .join(', ')} from json_each(?) where true ${UNLESS_THERE}`;

/** Inserts those whose key is not there; the ids of those inserted. */
export async function insertDeliveries(options: {
  knex: Knex;
  rows: NewRow[];
}): Promise<Set<string>> {
  const { knex, rows } = options;
  if (rows.length === 0) {
    return new Set();
  }
  const inserted = isPostgres(knex)
    ? (await knex.raw(ON_POSTGRES, bindForPostgres(rows))).rows
    : await knex.raw(ON_SQLITE, [bindForSqlite(rows)]);
  return new Set(inserted.map((row: NewRow) => row.delivery_id));
}

function bindForPostgres(rows: NewRow[]): [string, Buffer] {
  let end = 0;
  const payloads: Buffer[] = [];
  const others = rows.map(({ payload, ...row }) => {
    const bytes = Buffer.from(withoutNul(payload));
    const start = end;
    payloads.push(bytes);
    end += bytes.length;
    // The first byte is 1.
    return { ...row, payload_at: start + 1, payload_bytes: bytes.length };
  });
  return [JSON.stringify(others), Buffer.concat(payloads)];
}

// Bytes can hold no half of a pair, so that this much is enough.
function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

function bindForSqlite(rows: NewRow[]): string {
  return JSON.stringify(
    rows.map(row => ({ ...row, payload: safeText(row.payload) })),
  );
}
