import type { Knex } from 'knex';
import { toText } from '../../database/columns';
import {
  CURRENT_COLUMNS,
  CURRENT_TABLE,
  toCurrent,
} from '../../deployments/database/tables';
import type { DeploymentSubjects } from '../../deployments/DeploymentSubjects';

const BATCH_SIZE = 1000;

/**
 * Deletes older current deployments with the status `removed`, each together
 * with the older ones of the same entity and destination that it hides: without
 * it they would show again. A deployment that is newer than it stays, also one
 * that is recorded meanwhile.
 */
export async function deleteRemovedDeployments(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
  /** Rows older than this are deleted. */
  before: Date;
  signal: AbortSignal;
}): Promise<number> {
  const { knex, subjects, before, signal } = options;
  let total = 0;
  let rows: any[];
  do {
    rows = await knex(CURRENT_TABLE)
      .where({ status: 'removed' })
      .andWhere('event_at', '<', toText(before))
      .select(CURRENT_COLUMNS)
      .limit(BATCH_SIZE);
    for (const row of rows) {
      const { sender, serviceKey } = toCurrent(row);
      const entityRef = subjects.entityRefOf(sender, serviceKey);
      const services = entityRef ? subjects.servicesOf(entityRef) : [];
      const pairs = services.map(each => [each.sender, each.serviceKey]);
      total += await knex(CURRENT_TABLE)
        .where({ environment: row.environment })
        .whereIn(['sender', 'service_key'], [[sender, serviceKey], ...pairs])
        .whereRaw('(event_at, arrival) <= (?, ?)', [row.event_at, row.arrival])
        .delete();
    }
  } while (rows.length === BATCH_SIZE && !signal.aborted);
  return total;
}
