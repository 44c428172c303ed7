import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import { isAmong, selectBound } from '../../database/bulk';
import { keysetPage } from '../../database/keyset';
import { redactValues, toText } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import type { Page, PageRequest } from '../../lib/page';
import type {
  CurrentDeployment,
  Deployment,
  DeploymentFilter,
  Service,
} from '../deployment';
import type { DeploymentSubjects } from '../DeploymentSubjects';
import {
  artifactOfRow,
  CURRENT_COLUMNS,
  CURRENT_KEY,
  CURRENT_TABLE,
  filterByDestination,
  HISTORY_TABLE,
  toCurrent,
  toCurrentRow,
  deploymentOfRow,
} from './tables';

/**
 * The current deployments that entities show, by entity ref; no entry for an
 * entity without any. One query for each thousand services.
 */
export async function findCurrentDeployments(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
  /** In lower case. */
  entityRefs: Iterable<string>;
}): Promise<Map<string, CurrentDeployment[]>> {
  const { knex, subjects } = options;
  const entityRefs = new Set(options.entityRefs);
  const keys = new Set<string>();
  for (const entityRef of entityRefs) {
    subjects.servicesOf(entityRef).forEach(each => keys.add(each.serviceKey));
  }
  const current: CurrentDeployment[] = [];
  for (const chunk of inChunks([...keys])) {
    const rows = await redactValues(async () =>
      knex(CURRENT_TABLE)
        .where(isAmong(knex, 'service_key', chunk))
        .select(CURRENT_COLUMNS),
    );
    rows.forEach(row => current.push(toCurrent(row)));
  }
  // Another sender may use the same name for another entity.
  return subjects.groupByEntity(
    current.filter(each =>
      entityRefs.has(subjects.entityRefOf(each.sender, each.serviceKey) ?? ''),
    ),
  );
}

/** All current deployments that entities show, by entity ref, in one query, with who owns them by their events. */
export async function readAllCurrentDeployments(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
}): Promise<Map<string, CurrentDeployment[]>> {
  const { knex, subjects } = options;
  const rows: any[] = await redactValues(async () =>
    knex(CURRENT_TABLE).select([...CURRENT_COLUMNS, 'owner']),
  );
  return subjects.groupByEntity(
    rows.map(row => ({
      ...toCurrent(row),
      ...(row.owner !== null && { owner: row.owner as string }),
    })),
  );
}

/** The services that current deployments are about, by key and sender. */
export async function listDeployedServices(options: {
  knex: Knex;
  limit: number;
  after?: Service;
}): Promise<Service[]> {
  const { knex, limit, after } = options;
  const query = knex(CURRENT_TABLE)
    .distinct('service_key', 'sender')
    .orderBy(['service_key', 'sender'])
    .limit(limit);
  if (after) {
    query.whereRaw('(service_key, sender) > (?, ?)', [
      after.serviceKey,
      after.sender,
    ]);
  }
  const rows = await redactValues(async () => query);
  return rows.map(row => ({
    sender: row.sender,
    serviceKey: row.service_key,
  }));
}

/** The services that the current deployments of a sender are about: the first of them. */
export async function readServiceKeys(options: {
  knex: Knex;
  sender: string;
  limit: number;
}): Promise<string[]> {
  const { knex, sender, limit } = options;
  return redactValues(async () =>
    knex(CURRENT_TABLE)
      .where({ sender })
      .distinct()
      .orderBy('service_key')
      .limit(limit)
      .pluck('service_key'),
  );
}

/**
 * Current deployments by service, sender and destination. A page ends with the id of
 * a delivery: a name could be one that the caller may not see.
 */
export async function listCurrentDeployments(options: {
  knex: Knex;
  filter: DeploymentFilter;
  page: PageRequest;
}): Promise<Page<CurrentDeployment>> {
  const { knex, page } = options;
  const after = page.after && (await keyOf(knex, page.after));
  const { items, next } = await keysetPage({
    query: filterDeployments({ ...options, table: CURRENT_TABLE }),
    columns: [...CURRENT_KEY],
    direction: 'asc',
    page: { ...page, after },
  });
  const current = items.map(toCurrent);
  const last = current.at(-1);
  return { items: current, next: next && last && [last.deliveryId] };
}

/** The key under which a delivery was current, also where a newer one is by now. */
async function keyOf(knex: Knex, [deliveryId]: string[]): Promise<string[]> {
  const findIn = (table: string) =>
    redactValues(async () =>
      knex(table).where({ delivery_id: deliveryId }).first(),
    );
  const past = await findIn(HISTORY_TABLE);
  const row = past
    ? toCurrentRow(deploymentOfRow(past))
    : await findIn(CURRENT_TABLE);
  if (!row) {
    throw new InputError(
      'The deployment at which the query parameter "cursor" stands was deleted; leave it out for the first page',
    );
  }
  return CURRENT_KEY.map(column => row[column]);
}

/** The artifacts of deployments, by the id of their delivery; only the history has them. */
export async function findArtifacts(options: {
  knex: Knex;
  deliveryIds: string[];
}): Promise<Map<string, ReturnType<typeof artifactOfRow>>> {
  const { knex, deliveryIds } = options;
  const artifacts = new Map<string, ReturnType<typeof artifactOfRow>>();
  for (const chunk of inChunks(deliveryIds)) {
    const rows = await redactValues(async () =>
      knex(HISTORY_TABLE)
        .where(isAmong(knex, 'delivery_id', chunk))
        .select('delivery_id', 'digest', 'physical_environment'),
    );
    rows.forEach(row => artifacts.set(row.delivery_id, artifactOfRow(row)));
  }
  return artifacts;
}

/** The history, the latest first. */
export async function listDeploymentHistory(options: {
  knex: Knex;
  filter: DeploymentFilter;
  page: PageRequest;
}): Promise<Page<Deployment>> {
  const { items, next } = await keysetPage({
    query: filterDeployments({ ...options, table: HISTORY_TABLE }),
    columns: ['event_at', 'arrival'],
    direction: 'desc',
    page: options.page,
  });
  return { items: items.map(deploymentOfRow), next };
}

/** The history from the earliest on, read page by page. */
export async function* readDeploymentsInOrder(options: {
  knex: Knex;
  filter: DeploymentFilter;
}): AsyncGenerator<Deployment> {
  const query = filterDeployments({ ...options, table: HISTORY_TABLE });
  const readPage = (after?: string[]) =>
    keysetPage({
      query,
      columns: ['event_at', 'arrival'],
      direction: 'asc',
      page: { limit: 1_000, after },
    });
  let page = await readPage();
  yield* page.items.map(deploymentOfRow);
  while (page.next) {
    page = await readPage(page.next);
    yield* page.items.map(deploymentOfRow);
  }
}

function filterDeployments(options: {
  knex: Knex;
  table: string;
  filter: DeploymentFilter;
}): Knex.QueryBuilder {
  const { knex, table, filter } = options;
  const { services, sender, serviceKey, status } = filter;
  const query = knex(table).where({
    ...(sender !== undefined && { sender }),
    ...(serviceKey !== undefined && { service_key: serviceKey }),
    ...(status !== undefined && { status }),
  });
  filterByDestination(query, filter);
  filterByArtifact(options, query);
  if (filter.since) {
    query.andWhere('event_at', '>=', toText(filter.since));
  }
  if (filter.until) {
    query.andWhere('event_at', '<', toText(filter.until));
  }
  if (filter.withoutRemoved) {
    query.whereNot({ status: 'removed' });
  }
  if (services) {
    query.andWhereRaw('(sender, service_key) in (?)', [
      selectBound(knex, { columns: ['sender', 'serviceKey'], rows: services }),
    ]);
  }
  return query;
}

/** The history alone knows the artifacts. */
function filterByArtifact(
  { knex, table, filter }: Parameters<typeof filterDeployments>[0],
  query: Knex.QueryBuilder,
): void {
  const { digest, physicalEnvironment } = filter;
  const wanted = {
    ...(digest !== undefined && { digest }),
    ...(physicalEnvironment !== undefined && {
      physical_environment: physicalEnvironment,
    }),
  };
  if (Object.keys(wanted).length === 0) {
    return;
  }
  if (table === HISTORY_TABLE) {
    query.andWhere(wanted);
  } else {
    query.whereIn(
      'delivery_id',
      knex(HISTORY_TABLE).where(wanted).select('delivery_id'),
    );
  }
}
