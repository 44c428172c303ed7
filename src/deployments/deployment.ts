import type { Delivery, DeliveryState } from '../deliveries/delivery';
import type { Page, PageRequest } from '../lib/page';

export const DEPLOYMENT_STATUSES = [
  'success',
  'started',
  'failure',
  'rollback',
  'removed',
] as const;

export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** The statuses that change what runs; the others go into the history alone. */
export const DECIDING_STATUSES: readonly DeploymentStatus[] = [
  'success',
  'rollback',
  'removed',
];

/** An event of the history. */
export interface Deployment {
  deliveryId: string;
  sender: string;
  /** The service as the sender names it, in lower case. */
  serviceKey: string;
  environment: string;
  status: DeploymentStatus;
  version: string;
  /** When it happened, or where the sender does not say when it came; ISO 8601 in UTC. */
  eventAt: string;
  /** The sender's own order. */
  sequence?: number;
  /** Order of arrival. */
  arrival: number;
  url?: string;
  commit?: string;
}

/**
 * What one sender told last of a service in an environment: of its events with a
 * sequence the one with the highest, of those without the one with the latest
 * time. So there are up to two, of which the later in time counts, as between
 * senders. One that says `removed` is kept as long as the history, and where it
 * hides an older one for good, so that an event from before does not bring back
 * what is gone.
 */
export type DeploymentHead = Pick<
  Deployment,
  | 'deliveryId'
  | 'sender'
  | 'serviceKey'
  | 'environment'
  | 'status'
  | 'version'
  | 'eventAt'
  | 'sequence'
  | 'arrival'
>;

export interface ChangedHeads {
  heads: DeploymentHead[];
  /**
   * When the look at them began, by the database's clock, which is the only one
   * that says when a head was written.
   */
  at: Date;
}

/** Which deployments are meant; what is left out does not matter. */
export interface DeploymentFilter {
  /** Pairs of a sender and its service keys. */
  subjects?: Array<{ sender: string; serviceKeys: string[] }>;
  sender?: string;
  serviceKey?: string;
  environment?: string;
  status?: DeploymentStatus;
  /** Happened at this time or later. */
  since?: Date;
  /** Happened before. */
  until?: Date;
  /** Leaves out what says `removed`. */
  withoutRemoved?: boolean;
}

export interface DeploymentStore {
  /**
   * Adds the events of deliveries to the history and, where their status
   * changes what runs and nothing newer is known, makes them heads. The same
   * delivery twice is once; in whatever order deliveries come, the same heads
   * remain.
   */
  record(deliveries: Delivery[]): Promise<void>;
  /** The heads of these services, whoever tells of them, one query for a thousand. */
  heads(serviceKeys: string[]): Promise<DeploymentHead[]>;
  /**
   * The heads that were written at this time or later, or all there are; one
   * query for a few thousand.
   */
  changedHeads(since?: Date): Promise<ChangedHeads>;
  /** All heads, by service key, sender and environment. */
  listHeads(
    filter: DeploymentFilter,
    page: PageRequest,
  ): Promise<Page<DeploymentHead>>;
  /** The history, the latest first. */
  history(
    filter: DeploymentFilter,
    page: PageRequest,
  ): Promise<Page<Deployment>>;
}

/** How deployments and entities belong together, as the senders are configured. */
export interface DeploymentSubjects {
  /** Whose services, by which keys, show on an entity. */
  subjectsOf(
    entityRef: string,
  ): Array<{ sender: string; serviceKeys: string[] }>;
  /** The entity, in lower case, that a sender's service is about; undefined where nobody knows the sender. */
  entityRefOf(sender: string, service: string): string | undefined;
  /** Of all the heads of an entity in an environment, the one that counts. */
  newestOf(heads: DeploymentHead[]): DeploymentHead | undefined;
}

/** What goes out of a deployment that was settled, on the topic `catalog.deployment`. */
export interface SettledDeployment {
  /** The same for one that goes out again, after a crash, a replay, or once its entity appears. */
  deliveryId: string;
  sender: string;
  service: string;
  environment: string;
  status: DeploymentStatus;
  version: string;
  /** ISO 8601 in UTC. */
  eventAt: string;
  sequence?: number;
  url?: string;
  commit?: string;
  /** The entity that it is about, whether the catalog has it or not. */
  entityRef: string;
  state: Extract<DeliveryState, 'done' | 'unmatched' | 'superseded'>;
  /** Whether this is what runs there now. */
  current: boolean;
}

/** Tells other plugins. Rejects where they may not have heard of it. */
export interface DeploymentPublisher {
  publish(deployment: SettledDeployment): Promise<void>;
}

/** The events of the article's payload, and those beside it. */
export const DEPLOYMENT_EVENTS = [
  'deployment.success',
  'deployment.started',
  'deployment.failure',
  'deployment.rollback',
  'deployment.removed',
] as const;

export type DeploymentEventName = (typeof DEPLOYMENT_EVENTS)[number];

/** What a dialect makes of a verified body. */
export interface DeploymentEvent {
  event: DeploymentEventName;
  service: string;
  version: string;
  environment: string;
  catalogRefresh: boolean;
  /** When it was deployed, ISO 8601 in UTC, where the sender says so. */
  time?: string;
  /** The sender's own order of what it tells of a service and environment, from 0 to 2^53 - 1. */
  sequence?: number;
  url?: string;
  commit?: string;
}
