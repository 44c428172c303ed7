export const DEPLOYMENT_STATUSES = [
  'success',
  'started',
  'failure',
  'rollback',
  'removed',
] as const;

export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** The events of the default payload, and those that this module adds. */
export const DEPLOYMENT_EVENTS = DEPLOYMENT_STATUSES.map(
  status => `deployment.${status}` as const,
);

export type DeploymentEventName = (typeof DEPLOYMENT_EVENTS)[number];

/** Where something runs: an environment, or a target in it. */
export interface Destination {
  environment: string;
  /** What it is deployed to within the environment, such as a cluster or a region. */
  target?: string;
}

/** What a dialect reads from a verified body. */
export interface DeploymentEvent extends Destination {
  event: DeploymentEventName;
  service: string;
  version: string;
  catalogRefresh: boolean;
  /** Who owns the service, as the sender writes it. */
  owner?: string;
  /** When it was deployed, ISO 8601 in UTC, where the sender says so. */
  time?: string;
  /** The sender's own order of its events about a service and environment, from 0 to 2^53 - 1. */
  sequence?: number;
  url?: string;
  commit?: string;
  /** When the commit was made, ISO 8601 in UTC, where the sender says so. */
  commitTime?: string;
  /** Of the artifact that was deployed. */
  digest?: string;
  /** Where the environment physically is, such as a region of a cloud. */
  physicalEnvironment?: string;
  /**
   * The repository by which the entity is found, where the sender names no
   * service; `service` is the same then.
   */
  repository?: string;
}

/** The name of a destination, as annotations and tables have it. */
export function destinationName({ environment, target }: Destination): string {
  return target === undefined ? environment : `${environment}.${target}`;
}

/** An event with what is known from its receipt. Every delivery is one. */
export interface ReceivedEvent {
  id: string;
  /** Order of arrival. */
  sequence: number;
  sender: string;
  event: DeploymentEvent;
  receivedAt: Date;
}

/** An event of the history. */
export interface Deployment extends Destination {
  deliveryId: string;
  sender: string;
  /** The service as the sender names it, in lower case. */
  serviceKey: string;
  status: DeploymentStatus;
  version: string;
  /** When it happened, or where the sender does not say so, when it was received; ISO 8601 in UTC. */
  eventAt: string;
  /** The sender's own order. */
  sequence?: number;
  /** Order of arrival. */
  arrival: number;
  url?: string;
  commit?: string;
  /** When the commit was made; ISO 8601 in UTC. */
  commitTime?: string;
  digest?: string;
  physicalEnvironment?: string;
  /** Who owns the service, as the sender writes it; kept of what runs now. */
  owner?: string;
}

/**
 * The last deployment that a sender reported for a service in a destination.
 *
 * Of the events with a sequence it is the one with the highest, of those
 * without the one with the latest time. So there can be two, and the later in
 * time is what runs, as it is between senders. One with the status `removed` is
 * kept for as long as the history, and is then deleted together with the older
 * ones that it hides.
 */
export type CurrentDeployment = Omit<
  Deployment,
  'url' | 'commit' | 'commitTime' | 'digest' | 'physicalEnvironment'
>;

/** Which deployments are meant. A key that is missing does not matter. */
export interface DeploymentFilter extends Partial<Destination> {
  /** Deployments of any of these. */
  services?: Service[];
  sender?: string;
  serviceKey?: string;
  status?: DeploymentStatus;
  digest?: string;
  physicalEnvironment?: string;
  /** Happened at this time or later. */
  since?: Date;
  /** Happened before this time. */
  until?: Date;
  /** Leaves out those with the status `removed`. */
  withoutRemoved?: boolean;
}

/** A service as a sender names it. */
export interface Service {
  sender: string;
  /** In lower case. */
  serviceKey: string;
}

export function toDeployment(received: ReceivedEvent): Deployment {
  const { event } = received;
  return {
    deliveryId: received.id,
    sender: received.sender,
    serviceKey: event.service.toLowerCase(),
    environment: event.environment,
    ...(event.target !== undefined && { target: event.target }),
    status: event.event.replace('deployment.', '') as DeploymentStatus,
    version: event.version,
    eventAt: event.time ?? received.receivedAt.toISOString(),
    arrival: received.sequence,
    ...(event.sequence !== undefined && { sequence: event.sequence }),
    ...(event.url !== undefined && { url: event.url }),
    ...(event.commit !== undefined && { commit: event.commit }),
    ...(event.commitTime !== undefined && { commitTime: event.commitTime }),
    ...(event.digest !== undefined && { digest: event.digest }),
    ...(event.physicalEnvironment !== undefined && {
      physicalEnvironment: event.physicalEnvironment,
    }),
    ...(event.owner !== undefined && { owner: event.owner }),
  };
}

const DECIDING_STATUSES: DeploymentStatus[] = [
  'success',
  'rollback',
  'removed',
];

/** Whether it changes what runs. Other deployments are only part of the history. */
export function isDeciding({ status }: Pick<Deployment, 'status'>): boolean {
  return DECIDING_STATUSES.includes(status);
}
