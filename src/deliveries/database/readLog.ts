import type { Knex } from 'knex';
import { redactValues, toText } from '../../database/columns';
import { countRows, keysetPage } from '../../database/keyset';
import { filterByDestination } from '../../deployments/database/tables';
import type { DeploymentEvent } from '../../deployments/deployment';
import type { Page, PageRequest } from '../../lib/page';
import type { Delivery, DeliveryState } from '../delivery';
import {
  ATTEMPTS_TABLE,
  DELIVERIES_TABLE,
  DELIVERY_COLUMNS,
  readEvent,
  toDelivery,
} from './tables';

/** Which deliveries are meant. A key that is missing does not matter. */
export interface DeliveryFilter {
  sender?: string;
  state?: DeliveryState;
  /** As the sender names it; case does not matter. */
  service?: string;
  environment?: string;
  target?: string;
  /** Received at this time or later. */
  since?: Date;
  /** Received before this time. */
  until?: Date;
}

/** A delivery as people see it. Times are ISO 8601 in UTC. */
export interface DeliveryReport {
  id: string;
  sender: string;
  externalId?: string;
  /** The secret that it was signed with. */
  secretId: string;
  dialect: string;
  /** Undefined for an ignored one. */
  event?: DeploymentEvent;
  state: DeliveryState;
  reason?: string;
  attempts: number;
  receivedAt: string;
  settledAt?: string;
  /** When it is tried again; of one in flight, when its lease ends. */
  dueAt?: string;
}

export interface DeliveryAttempt {
  /** From 1. */
  attempt: number;
  startedAt: string;
  endedAt: string;
  state: DeliveryState;
  reason?: string;
}

export interface DeliveryDetails extends DeliveryReport {
  digest: string;
  headers: Record<string, string>;
  payload: string;
  attemptList: DeliveryAttempt[];
}

const REPORT_COLUMNS = [
  ...DELIVERY_COLUMNS,
  'external_id',
  'secret_id',
  'dialect',
  'settled_at',
  'due_at',
];

/** Deliveries without their payloads, the latest first. */
export async function listDeliveries(options: {
  knex: Knex;
  filter: DeliveryFilter;
  page: PageRequest;
}): Promise<Page<DeliveryReport>> {
  const { knex, filter, page } = options;
  const query = filterDeliveries(knex, filter);
  const { items, next } = await keysetPage({
    query,
    columns: ['sequence'],
    direction: 'desc',
    page,
    select: REPORT_COLUMNS,
  });
  const totalItems = await countRows(query);
  return { items: items.map(toReport), totalItems, next };
}

export async function findDelivery(options: {
  knex: Knex;
  id: string;
}): Promise<DeliveryDetails | undefined> {
  const { knex, id } = options;
  const row = await redactValues(async () =>
    knex(DELIVERIES_TABLE)
      .where({ delivery_id: id })
      .first(...REPORT_COLUMNS, 'digest', 'headers', 'payload'),
  );
  if (!row) {
    return undefined;
  }
  const attempts = await redactValues(async () =>
    knex(ATTEMPTS_TABLE).where({ delivery_id: id }).orderBy('attempt'),
  );
  return {
    ...toReport(row),
    digest: row.digest,
    headers: JSON.parse(row.headers),
    payload: row.payload,
    attemptList: attempts.map(toAttempt),
  };
}

/** Deliveries about a deployment, the earliest first. */
export async function selectDeliveries(options: {
  knex: Knex;
  filter: DeliveryFilter;
  limit: number;
}): Promise<Delivery[]> {
  const { knex, filter, limit } = options;
  const rows = await redactValues(async () =>
    filterDeliveries(knex, filter)
      .whereNot({ state: 'ignored' })
      .orderBy('sequence')
      .limit(limit)
      .select(DELIVERY_COLUMNS),
  );
  return rows.map(toDelivery);
}

function toReport(row: any): DeliveryReport {
  return {
    id: row.delivery_id,
    sender: row.sender,
    externalId: row.external_id ?? undefined,
    secretId: row.secret_id,
    dialect: row.dialect,
    event: readEvent(row.event),
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

/** The states in the partial index of states. */
const INDEXED_STATES: DeliveryState[] = [
  'unmatched',
  'superseded',
  'ignored',
  'failed',
  'dead',
];

function filterDeliveries(
  knex: Knex,
  filter: DeliveryFilter,
): Knex.QueryBuilder {
  const { sender, state, service, since, until } = filter;
  const query = knex(DELIVERIES_TABLE).where({
    ...(sender !== undefined && { sender }),
    ...(service !== undefined && { service_key: service.toLowerCase() }),
    ...(state !== undefined && { state }),
  });
  filterByDestination(query, filter);
  if (since) {
    query.andWhere('received_at', '>=', toText(since));
  }
  if (until) {
    query.andWhere('received_at', '<', toText(until));
  }
  if (state !== undefined && INDEXED_STATES.includes(state)) {
    query.andWhere(isIndexedState(knex));
  }
  return state === 'pending' ? query.whereNotNull('due_at') : query;
}

/** The condition of that index. SQLite uses the index only for the same words. */
function isIndexedState(knex: Knex): Knex.Raw {
  const states = INDEXED_STATES.map(state => `'${state}'`);
  return knex.raw(`state in (${states.join(', ')})`);
}
