import { safeText } from '../../database/columns';
import type { Knex } from 'knex';
import {
  type CurrentDeployment,
  type Deployment,
  type Destination,
  destinationName,
} from '../deployment';
import { orderingKeyOf, positionOf, sequenceIn } from '../order';

export const HISTORY_TABLE = 'custom_data_deployments';
export const CURRENT_TABLE = 'custom_data_current_deployments';

/** The primary key of a current deployment. */
export const CURRENT_KEY = [
  'service_key',
  'sender',
  'environment',
  'ordering_key',
] as const;

/** A longer owner is none that the catalog could know. */
const MAX_OWNER_LENGTH = 255;

/** What `toCurrent` reads. */
export const CURRENT_COLUMNS = [
  ...CURRENT_KEY,
  'target',
  'order_key',
  'status',
  'version',
  'event_at',
  'delivery_id',
  'arrival',
];

/**
 * The columns of a destination. `environment` has its whole name: it is part of the
 * keys, and a version that knows no targets shows the same annotations.
 */
export function destinationColumns(destination: Destination) {
  return {
    environment: safeText(destinationName(destination)),
    target: safeText(destination.target ?? ''),
  };
}

/** The inverse of `destinationColumns`; a row of a version without targets has none. */
export function readDestination(row: {
  environment: string;
  target?: string;
}): Destination {
  const { environment, target = '' } = row;
  return target === ''
    ? { environment }
    : { environment: environment.slice(0, -target.length - 1), target };
}

/** Keeps the rows of an environment with all of its targets, or of a target. */
export function filterByDestination(
  query: Knex.QueryBuilder,
  { environment, target }: Partial<Destination>,
): void {
  if (target !== undefined) {
    query.where({ target });
  }
  if (environment !== undefined) {
    query.whereRaw(
      "environment = case when target = '' then ? else ? || target end",
      [environment, `${environment}.`],
    );
  }
}

export function toHistoryRow(deployment: Deployment) {
  const { url, commit, commitTime, sequence, digest } = deployment;
  const { physicalEnvironment } = deployment;
  return {
    ...sharedColumns(deployment),
    sequence: sequence ?? null,
    url: url === undefined ? null : safeText(url),
    commit: commit === undefined ? null : safeText(commit),
    commit_at: commitTime ?? null,
    digest: digest === undefined ? null : safeText(digest),
    physical_environment:
      physicalEnvironment === undefined ? null : safeText(physicalEnvironment),
  };
}

export function toCurrentRow(deployment: CurrentDeployment) {
  return {
    ...sharedColumns(deployment),
    ordering_key: orderingKeyOf(deployment),
    order_key: positionOf(deployment),
    owner:
      deployment.owner === undefined
        ? null
        : safeText(deployment.owner).slice(0, MAX_OWNER_LENGTH),
  };
}

function sharedColumns(deployment: CurrentDeployment) {
  return {
    service_key: safeText(deployment.serviceKey),
    sender: deployment.sender,
    ...destinationColumns(deployment),
    status: deployment.status,
    version: safeText(deployment.version),
    event_at: deployment.eventAt,
    delivery_id: deployment.deliveryId,
    arrival: deployment.arrival,
  };
}

export function toCurrent(row: any): CurrentDeployment {
  return {
    ...toShared(row),
    ...(row.ordering_key === 'sequence' && {
      sequence: sequenceIn(row.order_key),
    }),
  };
}

export function deploymentOfRow(row: any): Deployment {
  return {
    ...toShared(row),
    ...(row.sequence !== null && { sequence: Number(row.sequence) }),
    ...(row.url !== null && { url: row.url }),
    ...(row.commit !== null && { commit: row.commit }),
    // A version that does not know commit times leaves it out.
    ...(row.commit_at && { commitTime: row.commit_at }),
    ...artifactOfRow(row),
  };
}

/** What was deployed, and on what, of a row of the history. */
export function artifactOfRow(
  row: any,
): Pick<Deployment, 'digest' | 'physicalEnvironment'> {
  return {
    ...(row.digest && { digest: row.digest }),
    ...(row.physical_environment && {
      physicalEnvironment: row.physical_environment,
    }),
  };
}

function toShared(row: any): CurrentDeployment {
  return {
    deliveryId: row.delivery_id,
    sender: row.sender,
    serviceKey: row.service_key,
    ...readDestination(row),
    status: row.status,
    version: row.version,
    eventAt: row.event_at,
    // PostgreSQL returns it as text.
    arrival: Number(row.arrival),
  };
}
