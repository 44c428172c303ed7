import type {
  CurrentDeployment,
  Deployment,
  DeploymentEvent,
} from '../deployments/deployment';
import type { Page, PageRequest } from '../lib/page';

/** A delivery is about a deployment, or about something that concerns nobody here. */
export type DeliveryContent =
  | { type: 'event'; event: DeploymentEvent }
  | { type: 'ignored'; reason: string };

/** What a sender posted, verified and understood, before it is stored. */
export interface NewDelivery {
  sender: string;
  /** The sender's own id of it. */
  externalId?: string;
  /** Hex SHA-256 of the raw body. */
  digest: string;
  secretId: string;
  dialect: string;
  content: DeliveryContent;
  /** The body as it was sent. */
  payload: string;
  /** Those of the request's headers that are kept, by name in lower case. */
  headers: Record<string, string>;
}

/** What became of a delivery that was taken. */
export interface AcceptedDelivery {
  id: string;
  /** Whether it had been stored before. */
  repeated: boolean;
}

export const DELIVERY_STATES = [
  /** Stored, not settled yet. */
  'pending',
  /** Recorded, and the catalog was told. */
  'done',
  /** Recorded; the catalog has no such entity yet. */
  'unmatched',
  /** Recorded in the history; something newer runs. */
  'superseded',
  /** About nothing that concerns us. */
  'ignored',
  /** To be tried again. */
  'failed',
  /** Given up. */
  'dead',
] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A stored delivery about a deployment. */
export interface Delivery {
  id: string;
  /** Order of arrival. */
  sequence: number;
  sender: string;
  event: DeploymentEvent;
  state: DeliveryState;
  reason?: string;
  /** How often settling was begun. */
  attempts: number;
  receivedAt: Date;
  /** When its present row of attempts began: its receipt, or the last time that somebody had it delivered again. */
  queuedAt: Date;
  /** How many attempts there were before that. */
  attemptsBefore: number;
  /** How many attempts since then nothing more was heard of, where there were any. */
  attemptsLost?: number;
}

/** How settling a delivery ended. */
export interface Settlement {
  state: Extract<
    DeliveryState,
    'done' | 'unmatched' | 'superseded' | 'failed' | 'dead'
  >;
  reason?: string;
  /** Of `failed`: when it is due again. */
  retryAt?: Date;
}

export interface DeliveryStore {
  /**
   * Claims deliveries that are due, oldest first, for `leaseMs`. What is not
   * settled by then comes free for any replica, and the next claim of it keeps
   * the attempt as a failed one.
   */
  claim(options: {
    limit: number;
    leaseMs: number;
    now: Date;
  }): Promise<DeliveryClaim>;
  /** The services that `unmatched` deliveries are about, by sender and key, after a position. */
  listUnmatchedServices(options: {
    limit: number;
    after?: UnmatchedService;
  }): Promise<UnmatchedService[]>;
  /** Deliveries about these services that are `unmatched`, by order of arrival, after a position. */
  listUnmatched(options: {
    services: UnmatchedService[];
    limit: number;
    after?: number;
  }): Promise<Delivery[]>;
  /**
   * Makes settled deliveries `pending` and due, as if they had just come; how
   * many. Those that are pending or failed are due now. Ignored ones stay as
   * they are.
   */
  requeue(ids: string[], now: Date): Promise<number>;
}

/** A service of which the catalog has no entity. */
export interface UnmatchedService {
  sender: string;
  /** The service as the sender names it, in lower case. */
  serviceKey: string;
}

/** Deliveries that this process alone may settle until its lease ends. */
export interface DeliveryClaim {
  deliveries: Delivery[];
  /** Ends those of its deliveries whose claim still holds, and keeps the attempt; their ids. */
  settle(
    settlements: Map<string, Settlement>,
    now: Date,
  ): Promise<ReadonlySet<string>>;
  /** Keeps the claim of these until then, for settling that takes longer. */
  extend(ids: string[], until: Date): Promise<void>;
}

/** Which deliveries are meant; what is left out does not matter. */
export interface DeliveryFilter {
  sender?: string;
  state?: DeliveryState;
  /** As the sender names it; upper and lower case are the same. */
  service?: string;
  environment?: string;
  /** Received at this time or later. */
  since?: Date;
  /** Received before. */
  until?: Date;
}

/** A delivery as people see it. Times are ISO 8601 in UTC. */
export interface DeliveryReport {
  id: string;
  sender: string;
  externalId?: string;
  /** The secret that it was signed with. */
  secretId: string;
  dialect: string;
  /** Undefined for an ignored one. */
  event?: DeploymentEvent;
  state: DeliveryState;
  reason?: string;
  attempts: number;
  receivedAt: string;
  settledAt?: string;
  /** When it is tried again, or where it is being settled, comes free. */
  dueAt?: string;
}

export interface DeliveryAttempt {
  /** From 1. */
  attempt: number;
  startedAt: string;
  endedAt: string;
  state: DeliveryState;
  reason?: string;
}

export interface DeliveryDetails extends DeliveryReport {
  digest: string;
  headers: Record<string, string>;
  payload: string;
  attemptList: DeliveryAttempt[];
}

/** The log of deliveries, to be read. */
export interface DeliveryLog {
  /** The latest first. */
  list(
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Page<DeliveryReport>>;
  find(id: string): Promise<DeliveryDetails | undefined>;
  /** Those about a deployment, the earliest first; `limit` and one more where there are more. */
  select(filter: DeliveryFilter, limit: number): Promise<Delivery[]>;
}

/** The operations on deployments that processing deliveries needs. */
export interface DeploymentTables {
  record(deliveries: Delivery[]): Promise<void>;
  /** By entity ref. */
  current(entityRefs: string[]): Promise<Map<string, CurrentDeployment[]>>;
}

/** What is published of a deployment on the topic `catalog.deployment`. */
export interface PublishedDeployment
  extends Omit<Deployment, 'serviceKey' | 'arrival'> {
  service: string;
  /** The entity that it is about, whether the catalog has it or not. */
  entityRef: string;
  state: Extract<DeliveryState, 'done' | 'unmatched' | 'superseded'>;
  /** Whether this is what runs there now. */
  current: boolean;
}

/** Rejects where other plugins may not have heard of it. */
export interface DeploymentPublisher {
  publish(deployment: PublishedDeployment): Promise<void>;
}

/** Counts what happens to deliveries. */
export interface DeliveryTracker {
  settled(options: {
    sender: string;
    state: string;
    /** From receipt, or from when it was last delivered again, in milliseconds. */
    ageMs: number;
  }): void;
}
