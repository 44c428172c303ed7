import type { WebhookRequest } from './dialect';
import type { Batch, Opened } from './payload';

/**
 * A format of webhooks in code. A sender with `dialect` set to its name speaks
 * it, and signs as its `signature` says.
 *
 * @public
 */
export interface WebhookDialect {
  /** Such as `acme-deploy`; none of the built-in ones. */
  name: string;
  /** Reads a request that is verified. One request may tell of several events. */
  read(
    request: WebhookDialectRequest,
  ):
    | WebhookDialectReading
    | WebhookDialectReading[]
    | Promise<WebhookDialectReading | WebhookDialectReading[]>;
}

/** @public */
export interface WebhookDialectRequest {
  /** The bytes that were verified. */
  body: Buffer;
  /** All values of a header, which is named in lower case. */
  headers: (name: string) => string[];
}

/**
 * What a request says. The payload of an event is the plain one of dialect
 * `catalog`, and is checked like it.
 *
 * @public
 */
export type WebhookDialectReading =
  | {
      type: 'ok';
      payload: Record<string, unknown>;
      /** The sender's own id of it. */
      externalId?: string;
    }
  | { type: 'ignored'; reason: string }
  /** Says what is wrong, with the path of each field. */
  | { type: 'invalid'; message: string };

/** Reads as a dialect in code does. */
export function readAsAdded(dialect: WebhookDialect) {
  return async (request: WebhookRequest): Promise<Opened | Batch> => {
    const reading = await dialect.read(request);
    return Array.isArray(reading)
      ? {
          type: 'batch',
          items: reading.map(value => ({ value, opened: toOpened(value) })),
        }
      : toOpened(reading);
  };
}

function toOpened(reading: WebhookDialectReading): Opened {
  return reading.type === 'ok'
    ? {
        type: 'payload',
        value: reading.payload,
        externalId: reading.externalId,
      }
    : reading;
}
