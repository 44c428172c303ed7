import type { DeploymentEvent, ReceivedEvent } from '../deployments/deployment';

/** A delivery is about a deployment, or about something that is of no interest here. */
export type DeliveryContent =
  | { type: 'event'; event: DeploymentEvent }
  | { type: 'ignored'; reason: string };

/** What a sender posted, verified and parsed, before it is stored. */
export interface NewDelivery {
  sender: string;
  /** The sender's own id of it. */
  externalId?: string;
  /** Hex SHA-256 of the raw body. */
  digest: string;
  secretId: string;
  dialect: string;
  content: DeliveryContent;
  /** Whether it waits until its paused sender is resumed. */
  held?: boolean;
  /** The body as it was sent. */
  payload: string;
  /** Those of the request's headers that are kept, by name in lower case. */
  headers: Record<string, string>;
}

/** A delivery that is stored. */
export interface AcceptedDelivery {
  id: string;
  /** Whether it had been stored before. */
  repeated: boolean;
}

export const DELIVERY_STATES = [
  /** Stored, and not processed yet. */
  'pending',
  /** Stored while its sender is paused; to be processed when that is resumed. */
  'held',
  /** Recorded, and shown by the catalog. */
  'done',
  /** Recorded; the catalog has no such entity yet. */
  'unmatched',
  /** Recorded in the history; something newer runs. */
  'superseded',
  /** Not about a deployment. */
  'ignored',
  /** To be tried again. */
  'failed',
  /** Given up. */
  'dead',
] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A stored delivery about a deployment. */
export interface Delivery extends ReceivedEvent {
  state: DeliveryState;
  reason?: string;
  /** How many attempts at processing it were begun. */
  attempts: number;
  /** When its present attempts began: its receipt, or the last time that it was delivered again. */
  queuedAt: Date;
  /** How many attempts there were before that. */
  attemptsBefore: number;
  /** How many attempts since then ended with their process, if any. */
  attemptsLost?: number;
}

/** What an attempt at a delivery came to. */
export interface Outcome {
  state: Extract<
    DeliveryState,
    'done' | 'unmatched' | 'superseded' | 'failed' | 'dead'
  >;
  reason?: string;
  /** When a failed one is due again. */
  retryAt?: Date;
}
