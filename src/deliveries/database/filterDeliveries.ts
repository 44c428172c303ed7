import type { Knex } from 'knex';
import { toText } from '../../database/columns';
import type { DeliveryFilter, DeliveryState } from '../delivery';
import { DELIVERIES_TABLE } from './deliveryRow';

/** Deliveries that a filter means, by whichever index has fewest of them. */
export function filterDeliveries(
  knex: Knex,
  filter: DeliveryFilter,
): Knex.QueryBuilder {
  const { sender, state, service, environment, since, until } = filter;
  const query = knex(DELIVERIES_TABLE);
  if (sender !== undefined) {
    query.andWhere({ sender });
  }
  if (service !== undefined) {
    query.andWhere({ service_key: service.toLowerCase() });
  }
  if (environment !== undefined) {
    query.andWhere({ environment });
  }
  if (since) {
    query.andWhere('received_at', '>=', toText(since));
  }
  if (until) {
    query.andWhere('received_at', '<', toText(until));
  }
  return state === undefined ? query : isInState(query, knex, state);
}

/** The index of states is of these alone. */
const RARE: DeliveryState[] = [
  'unmatched',
  'superseded',
  'ignored',
  'failed',
  'dead',
];

function isInState(
  query: Knex.QueryBuilder,
  knex: Knex,
  state: DeliveryState,
): Knex.QueryBuilder {
  query.andWhere({ state });
  if (RARE.includes(state)) {
    query.andWhere(isRareState(knex));
  }
  return state === 'pending' ? query.whereNotNull('due_at') : query;
}

/** The condition of the index of states, word for word, as SQLite wants it. */
function isRareState(knex: Knex): Knex.Raw {
  return knex.raw(`state in (${RARE.map(state => `'${state}'`).join(', ')})`);
}
