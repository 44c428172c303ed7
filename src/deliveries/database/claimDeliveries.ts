import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { isPostgres } from '../../database/bulk';
import { toText } from '../../database/columns';
import { ATTEMPTS_TABLE } from './attempts';
import {
  DELIVERIES_TABLE,
  DELIVERY_COLUMNS,
  type DeliveryRow,
} from './deliveryRow';

/** Of an attempt of which its process never told the end. */
const LOST_REASON =
  'The process that settled it ended, or could not say how that went';

const DUE = `
  select sequence, delivery_id, attempts, claimed_at, due_at, ticket
  from ${DELIVERIES_TABLE} where due_at <= :now
  order by due_at, sequence limit :limit`;

/** Whoever settles a delivery takes its ticket off: one that still has one was lost. */
const keepLost = (due: string) => `
  insert into ${ATTEMPTS_TABLE}
    (delivery_id, attempt, started_at, ended_at, state, reason)
  select delivery_id, attempts, coalesce(claimed_at, due_at), due_at, 'failed', :reason
  from ${due} where ticket is not null
  on conflict (delivery_id, attempt) do nothing`;

const claimThose = (condition: string) => `
  update ${DELIVERIES_TABLE} set ticket = :ticket, due_at = :until,
    claimed_at = :now, attempts = attempts + 1,
    attempts_lost = attempts_lost + case when ticket is null then 0 else 1 end
  where ${condition} returning ${DELIVERY_COLUMNS.join(', ')}`;

/** One statement. Of an array the rows are looked up by their key, where a plan of `in` may read all. */
const ON_POSTGRES = `
  with due as materialized (${DUE} for update skip locked),
    lost as (${keepLost('due')})
  ${claimThose('sequence = any(array(select sequence from due))')}`;

/** In one transaction the same rows are due. */
const ON_SQLITE = [
  keepLost(`(${DUE}) as due`),
  claimThose(`sequence in (select sequence from (${DUE}))`),
];

/**
 * Claims deliveries that are due under a new ticket, those first that have been
 * due for longest, and keeps the attempts of those whose claim came free. On
 * PostgreSQL replicas that claim at once pass over each other's rows; SQLite
 * lets one write at a time.
 */
export async function claimDeliveries(options: {
  knex: Knex;
  limit: number;
  leaseMs: number;
  now: Date;
}): Promise<{ ticket: string; rows: DeliveryRow[] }> {
  const { knex, limit, leaseMs, now } = options;
  const ticket = randomUUID();
  const bindings = {
    ticket,
    limit,
    now: toText(now),
    until: toText(new Date(now.getTime() + leaseMs)),
    reason: LOST_REASON,
  };
  const rows: DeliveryRow[] = isPostgres(knex)
    ? (await knex.raw(ON_POSTGRES, bindings)).rows
    : await claimOnSqlite(knex, bindings);
  return {
    ticket,
    rows: rows.sort((a, b) => Number(a.sequence) - Number(b.sequence)),
  };
}

function claimOnSqlite(
  knex: Knex,
  bindings: Record<string, string | number>,
): Promise<DeliveryRow[]> {
  const [keep, claim] = ON_SQLITE;
  return knex.transaction(async tx => {
    await tx.raw(keep, bindings);
    const rows: DeliveryRow[] = await tx.raw(claim, bindings);
    return rows;
  });
}
