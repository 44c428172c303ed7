import type { Knex } from 'knex';
import { isAmong, isPostgres, selectBound } from '../../database/bulk';
import { toText } from '../../database/columns';
import {
  CURRENT_COLUMNS,
  CURRENT_KEY,
  CURRENT_TABLE,
  toCurrent,
} from '../../deployments/database/tables';
import type { CurrentDeployment, Service } from '../../deployments/deployment';
import type { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { isNewer } from '../../deployments/order';

const BATCH_SIZE = 1000;

/** Says that a row is still the one that was read. */
const IDENTITY = [...CURRENT_KEY, 'delivery_id'];

interface Options {
  knex: Knex;
  subjects: DeploymentSubjects;
  /** Rows older than this are deleted. */
  before: Date;
}

/**
 * Deletes older current deployments with the status `removed`, except those
 * without which an older deployment of the same entity would show again.
 */
export async function deleteRemovedDeployments(
  options: Options & { signal: AbortSignal },
): Promise<number> {
  let total = 0;
  let rows: any[] = [];
  do {
    rows = await readRemoved(options, rows.at(-1));
    const hides = await createHides(options, rows.map(toCurrent));
    total += await deleteUnchanged(
      options.knex,
      rows.filter(row => !hides(toCurrent(row))),
    );
  } while (rows.length === BATCH_SIZE && !options.signal.aborted);
  return total;
}

async function readRemoved(
  { knex, before }: Options,
  last?: any,
): Promise<any[]> {
  const query = knex(CURRENT_TABLE)
    .where({ status: 'removed' })
    .andWhere('event_at', '<', toText(before))
    .select(CURRENT_COLUMNS)
    .orderBy([...CURRENT_KEY])
    .limit(BATCH_SIZE);
  if (last) {
    query.whereRaw(
      `(${CURRENT_KEY.join(', ')}) > (${CURRENT_KEY.map(() => '?').join(
        ', ',
      )})`,
      CURRENT_KEY.map(column => last[column]),
    );
  }
  return query;
}

/** Says of each of these whether it hides an older deployment that would show without it. */
async function createHides(
  { knex, subjects }: Options,
  removed: CurrentDeployment[],
): Promise<(deployment: CurrentDeployment) => boolean> {
  const keys = removed
    .flatMap(each => servicesBeside(each, subjects))
    .map(({ serviceKey }) => serviceKey);
  const rows = await knex(CURRENT_TABLE)
    .where(isAmong(knex, 'service_key', [...new Set(keys)]))
    .whereNot({ status: 'removed' })
    .select(CURRENT_COLUMNS);
  /** An unknown sender's deployment belongs to no entity, and is compared with its own service. */
  const keyOf = ({ sender, serviceKey, environment }: CurrentDeployment) =>
    JSON.stringify([
      subjects.entityRefOf(sender, serviceKey) ?? [sender, serviceKey],
      environment,
    ]);
  const oldest = new Map<string, CurrentDeployment>();
  for (const deployment of rows.map(toCurrent)) {
    const known = oldest.get(keyOf(deployment));
    if (!known || isNewer(known, deployment)) {
      oldest.set(keyOf(deployment), deployment);
    }
  }
  return deployment => {
    const other = oldest.get(keyOf(deployment));
    return other !== undefined && isNewer(deployment, other);
  };
}

/** The services of the entity that a deployment is about. */
function servicesBeside(
  { sender, serviceKey }: CurrentDeployment,
  subjects: DeploymentSubjects,
): Service[] {
  const entityRef = subjects.entityRefOf(sender, serviceKey);
  return entityRef === undefined
    ? [{ sender, serviceKey }]
    : subjects.servicesOf(entityRef);
}

/** Rows that were replaced since they were read, or are being replaced now, stay. */
async function deleteUnchanged(knex: Knex, rows: any[]): Promise<number> {
  const same = knex(CURRENT_TABLE)
    .select([...CURRENT_KEY])
    .whereRaw(
      `(${IDENTITY.join(', ')}) in (${selectBound(knex, IDENTITY)})`,
      JSON.stringify(rows),
    );
  const free = isPostgres(knex) ? same.forUpdate().skipLocked() : same;
  return knex(CURRENT_TABLE)
    .whereRaw(`(${CURRENT_KEY.join(', ')}) in ?`, [free])
    .delete();
}
