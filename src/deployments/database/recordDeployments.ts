import type { Knex } from 'knex';
import { insertRows, upsertRows } from '../../database/bulk';
import type { Deployment } from '../deployment';
import { currentKeyOf, currentOf, replacesInSql } from '../order';
import {
  CURRENT_KEY,
  CURRENT_TABLE,
  HISTORY_TABLE,
  toCurrentRow,
  toHistoryRow,
} from './tables';

/**
 * Adds deployments to the history, and makes those current that change what
 * runs and are newer than what is known. Recording one twice changes nothing.
 *
 * @remarks
 *
 * A current deployment is only replaced by a newer one, in a single statement:
 * the newest remains, in whatever order and on however many replicas deliveries
 * are processed. The two statements need no transaction, since both can be
 * repeated. Both write their rows in the same order on every replica, so that
 * no two replicas wait for each other.
 */
export async function recordDeployments(options: {
  knex: Knex;
  deployments: Deployment[];
}): Promise<void> {
  const { knex, deployments } = options;
  await insertRows({
    tx: knex,
    table: HISTORY_TABLE,
    key: ['delivery_id'],
    numbers: ['arrival', 'sequence'],
    rows: sortBy(deployments, each => each.deliveryId).map(toHistoryRow),
  });
  await upsertRows({
    tx: knex,
    table: CURRENT_TABLE,
    key: [...CURRENT_KEY],
    numbers: ['arrival'],
    rows: sortBy(currentOf(deployments), currentKeyOf).map(toCurrentRow),
    where: replacesInSql(CURRENT_TABLE),
  });
}

function sortBy<T>(values: T[], keyOf: (value: T) => string): T[] {
  return values
    .map(value => ({ value, key: keyOf(value) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ value }) => value);
}
