import type { Knex } from 'knex';
import { isAmong, isPostgres, selectBound } from '../../database/bulk';
import {
  HEAD_COLUMNS,
  HEAD_KEY,
  HEADS_TABLE,
  toHead,
} from '../../deployments/database/rows';
import type {
  DeploymentHead,
  DeploymentSubjects,
} from '../../deployments/deployment';

const AT_ONCE = 1000;

/** What says that a head is still the one that was looked at. */
const IDENTITY = [...HEAD_KEY, 'delivery_id'];

interface Options {
  knex: Knex;
  before: string;
  subjects: Pick<DeploymentSubjects, 'entityRefOf' | 'subjectsOf'>;
}

/**
 * Deletes heads that said before that something was removed, but for those
 * without which an older one of the same entity would show again.
 */
export async function deleteRemovedHeads(
  options: Options & { signal: AbortSignal },
): Promise<number> {
  let total = 0;
  let rows: any[] = [];
  do {
    rows = await readRemoved(options, rows.at(-1));
    const hiding = await findHiding(options, rows.map(toHead));
    total += await deleteHeads(
      options.knex,
      rows.filter((_, i) => !hiding[i]),
    );
  } while (rows.length === AT_ONCE && !options.signal.aborted);
  return total;
}

async function readRemoved(
  { knex, before }: Options,
  last?: any,
): Promise<any[]> {
  const query = knex(HEADS_TABLE)
    .where({ status: 'removed' })
    .andWhere('event_at', '<', before)
    .select(HEAD_COLUMNS)
    .orderBy(HEAD_KEY)
    .limit(AT_ONCE);
  if (last) {
    query.whereRaw(
      `(${HEAD_KEY.join(', ')}) > (${HEAD_KEY.map(() => '?').join(', ')})`,
      HEAD_KEY.map(column => last[column]),
    );
  }
  return query;
}

/** Of each head, whether it hides an older one that says that something runs. */
async function findHiding(
  { knex, before, subjects }: Options,
  removed: DeploymentHead[],
): Promise<boolean[]> {
  const services = removed.map(head => servicesOf(head, subjects));
  const keys = services.flat().map(({ serviceKey }) => serviceKey);
  const running = await knex(HEADS_TABLE)
    .where(isAmong(knex, 'service_key', [...new Set(keys)]))
    .whereNot({ status: 'removed' })
    .andWhere('event_at', '<', before)
    .select(HEAD_COLUMNS);
  const oldest = oldestByService(running.map(toHead));
  return removed.map((head, i) =>
    services[i].some(({ sender, serviceKey }) => {
      const other = oldest.get(keyOf({ ...head, sender, serviceKey }));
      return other !== undefined && isOlder(other, head);
    }),
  );
}

/** All that tell of the entity that a head is about; of one of a sender that is gone, itself. */
function servicesOf(
  { sender, serviceKey }: DeploymentHead,
  subjects: Options['subjects'],
): Array<{ sender: string; serviceKey: string }> {
  const entityRef = subjects.entityRefOf(sender, serviceKey);
  return entityRef === undefined
    ? [{ sender, serviceKey }]
    : subjects.subjectsOf(entityRef).flatMap(each =>
        each.serviceKeys.map(key => ({
          sender: each.sender,
          serviceKey: key,
        })),
      );
}

function oldestByService(heads: DeploymentHead[]): Map<string, DeploymentHead> {
  const oldest = new Map<string, DeploymentHead>();
  for (const head of heads) {
    const other = oldest.get(keyOf(head));
    if (!other || isOlder(head, other)) {
      oldest.set(keyOf(head), head);
    }
  }
  return oldest;
}

function keyOf(head: DeploymentHead): string {
  return JSON.stringify([head.sender, head.serviceKey, head.environment]);
}

function isOlder(head: DeploymentHead, other: DeploymentHead): boolean {
  return head.eventAt === other.eventAt
    ? head.arrival < other.arrival
    : head.eventAt < other.eventAt;
}

/** One that is being replaced, or was since, stays: it is waited for by nobody. */
async function deleteHeads(knex: Knex, rows: any[]): Promise<number> {
  const key = HEAD_KEY.join(', ');
  const same = knex(HEADS_TABLE)
    .select(HEAD_KEY)
    .whereRaw(
      `(${IDENTITY.join(', ')}) in (${selectBound(knex, IDENTITY)})`,
      JSON.stringify(rows),
    );
  const free = isPostgres(knex) ? same.forUpdate().skipLocked() : same;
  return knex(HEADS_TABLE).whereRaw(`(${key}) in ?`, [free]).delete();
}
