import type { Knex } from 'knex';
import { keysetPage } from '../../database/keyset';
import { redactValues } from '../../database/columns';
import type {
  DeliveryAttempt,
  DeliveryDetails,
  DeliveryLog,
  DeliveryReport,
} from '../delivery';
import { ATTEMPTS_TABLE } from './attempts';
import { DELIVERIES_TABLE, DELIVERY_COLUMNS, toDelivery } from './deliveryRow';
import { filterDeliveries } from './filterDeliveries';

const REPORT_COLUMNS = [
  ...DELIVERY_COLUMNS,
  'external_id',
  'secret_id',
  'dialect',
  'settled_at',
  'due_at',
];

/** The log of deliveries, to be read. */
export function createDeliveryLog(options: { knex: Knex }): DeliveryLog {
  const { knex } = options;
  return {
    list: (filter, page) =>
      redactValues(() =>
        keysetPage({
          query: filterDeliveries(knex, filter),
          columns: ['sequence'],
          direction: 'desc',
          page,
          select: REPORT_COLUMNS,
          present: toReport,
        }),
      ),
    find: id => redactValues(() => findDelivery(knex, id)),
    select: (filter, limit) =>
      redactValues(async () => {
        const rows = await filterDeliveries(knex, filter)
          .whereNot({ state: 'ignored' })
          .orderBy('sequence')
          .limit(limit + 1)
          .select(DELIVERY_COLUMNS);
        return rows.map(toDelivery);
      }),
  };
}

async function findDelivery(
  knex: Knex,
  id: string,
): Promise<DeliveryDetails | undefined> {
  const row = await knex(DELIVERIES_TABLE)
    .where({ delivery_id: id })
    .first(...REPORT_COLUMNS, 'digest', 'headers', 'payload');
  if (!row) {
    return undefined;
  }
  const attempts = await knex(ATTEMPTS_TABLE)
    .where({ delivery_id: id })
    .orderBy('attempt');
  return {
    ...toReport(row),
    digest: row.digest,
    headers: JSON.parse(row.headers),
    payload: row.payload,
    attemptList: attempts.map(toAttempt),
  };
}

function toReport(row: any): DeliveryReport {
  return {
    id: row.delivery_id,
    sender: row.sender,
    externalId: row.external_id ?? undefined,
    secretId: row.secret_id,
    dialect: row.dialect,
    event: JSON.parse(row.event) ?? undefined,
    state: row.state,
    reason: row.reason ?? undefined,
    attempts: row.attempts,
    receivedAt: row.received_at,
    settledAt: row.settled_at ?? undefined,
    dueAt: row.due_at ?? undefined,
  };
}

function toAttempt(row: any): DeliveryAttempt {
  return {
    attempt: row.attempt,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    state: row.state,
    reason: row.reason ?? undefined,
  };
}
