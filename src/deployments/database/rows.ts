import { safeText } from '../../database/safeText';
import { toText } from '../../database/time';
import type { Delivery } from '../../deliveries/delivery';
import type {
  Deployment,
  DeploymentHead,
  DeploymentStatus,
} from '../deployment';

export const HISTORY_TABLE = 'custom_data_deployments';
export const HEADS_TABLE = 'custom_data_deployment_heads';

/** What `toHead` reads of a head. */
export const HEAD_COLUMNS = [
  'delivery_id',
  'sender',
  'service_key',
  'environment',
  'lane',
  'order_key',
  'status',
  'version',
  'event_at',
  'arrival',
];

/** What together is unique to a head. */
export const HEAD_KEY = ['service_key', 'sender', 'environment', 'lane'];

export type HeadRow = ReturnType<typeof toHeadRow>;

export function toHistoryRow(delivery: Delivery) {
  const { url, commit, sequence } = delivery.event;
  return {
    ...subjectOf(delivery),
    ...stateOf(delivery),
    sequence: sequence ?? null,
    url: url === undefined ? null : safeText(url),
    commit: commit === undefined ? null : safeText(commit),
  };
}

export function toHeadRow(delivery: Delivery) {
  return {
    ...subjectOf(delivery),
    ...orderOf(delivery),
    ...stateOf(delivery),
  };
}

export function statusOf(delivery: Delivery): DeploymentStatus {
  const status = delivery.event.event.replace('deployment.', '');
  return status as DeploymentStatus;
}

function subjectOf({ event, sender }: Delivery) {
  return {
    service_key: safeText(event.service.toLowerCase()),
    sender,
    environment: safeText(event.environment),
  };
}

function stateOf(delivery: Delivery) {
  return {
    status: statusOf(delivery),
    version: safeText(delivery.event.version),
    event_at: eventTimeOf(delivery),
    delivery_id: delivery.id,
    arrival: delivery.sequence,
  };
}

function eventTimeOf(delivery: Delivery): string {
  return delivery.event.time ?? toText(delivery.receivedAt);
}

/**
 * What a sender puts in an order itself and what it does not are two lanes, each
 * with a head. Digits stand at the same places in all keys of a lane, so that
 * they sort alike under any collation of the database.
 */
function orderOf(delivery: Delivery) {
  const { sequence } = delivery.event;
  const arrival = digits(delivery.sequence);
  return sequence === undefined
    ? { lane: 'time', order_key: `${eventTimeOf(delivery)}#${arrival}` }
    : { lane: 'sequence', order_key: `${digits(sequence)}#${arrival}` };
}

const DIGITS = 19;

function digits(value: number): string {
  return String(value).padStart(DIGITS, '0');
}

export function toHead(row: any): DeploymentHead {
  return {
    deliveryId: row.delivery_id,
    sender: row.sender,
    serviceKey: row.service_key,
    environment: row.environment,
    status: row.status,
    version: row.version,
    eventAt: row.event_at,
    // PostgreSQL gives it as text.
    arrival: Number(row.arrival),
    ...(row.lane === 'sequence' && {
      sequence: Number(row.order_key.slice(0, DIGITS)),
    }),
  };
}

export function toDeployment(row: any): Deployment {
  return {
    ...toHead(row),
    ...(row.sequence !== null && { sequence: Number(row.sequence) }),
    ...(row.url !== null && { url: row.url }),
    ...(row.commit !== null && { commit: row.commit }),
  };
}
