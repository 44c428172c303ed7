/** The events of the article's payload. */
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
  url?: string;
  commit?: string;
}

/** What a sender posted, verified and understood, before it is stored. */
export interface NewDelivery {
  sender: string;
  /** The sender's own id of it (`X-Catalog-Delivery`). */
  externalId?: string;
  /** Hex SHA-256 of the raw body. */
  digest: string;
  secretId: string;
  dialect: string;
  event: DeploymentEvent;
}

export type DeliveryState =
  | 'pending'
  | 'done'
  | 'unmatched'
  | 'superseded'
  | 'failed'
  | 'dead';

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
}

export interface DeliveryStore {
  /**
   * Stores a delivery, or finds the one that it repeats: the same sender and
   * `externalId`, or without one the same bytes as the latest of its service
   * and environment. Resolves after the commit.
   */
  accept(
    delivery: NewDelivery,
    now: Date,
  ): Promise<{ id: string; repeated: boolean }>;
  /**
   * Claims deliveries that are due, oldest first, for `leaseMs`. A claim that
   * is neither settled nor retried by then comes free for any replica.
   */
  claim(options: {
    limit: number;
    leaseMs: number;
    now: Date;
  }): Promise<ClaimedDelivery[]>;
}

/** A delivery that this process alone may settle until its lease ends. */
export interface ClaimedDelivery {
  delivery: Delivery;
  settle(
    state: Exclude<DeliveryState, 'pending' | 'failed'>,
    now: Date,
    reason?: string,
  ): Promise<void>;
  /** Keeps the claim until then, for settling that takes longer. */
  extend(until: Date): Promise<void>;
  /** Gives it back as `failed`, due again at `at`. */
  retry(options: { at: Date; reason: string }): Promise<void>;
}
