import type { DeploymentEvent } from '../../deployments/deployment';
import type { HeaderValues } from '../headers';
import type { SignatureReading } from '../signatures/signature';

/** How one sender's requests are signed, and how they become events. */
export interface Dialect {
  /** Where an HMAC is, and what is signed. Not called where none is asked for. */
  readSignature(headers: HeaderValues): SignatureReading;
  /** Headers that say something of the event, such as its id, in lower case. */
  contentHeaders?: readonly string[];
  /** Reads a request that is verified. Never throws. */
  readBody(request: WebhookRequest): BodyReading | Promise<BodyReading>;
}

export interface WebhookRequest {
  headers: HeaderValues;
  body: Buffer;
}

/** What a request tells of. */
export interface BodyReading {
  /** One, or those of a batch, in its order. */
  readings: EventReading[];
  /** Whether each is answered by its position. */
  isBatch: boolean;
}

export type EventReading =
  | (Understood & { type: 'ok'; event: DeploymentEvent })
  /** Not about a deployment. */
  | (Understood & { type: 'ignored'; reason: string })
  /** Names every field that is wrong. */
  | { type: 'invalid'; message: string };

interface Understood {
  /** The sender's own id of it, where it gives one. */
  externalId?: string;
  /** What is kept of it: the body, or its part of a batch. */
  payload: string;
}
