import type { z } from 'zod';
import type { DeliveryContent } from '../../deliveries/delivery';
import {
  createPayloadSchema,
  type PayloadOptions,
  toEvent,
} from './payloadSchema';

export type PayloadReading =
  | { type: 'understood'; content: DeliveryContent }
  | { type: 'invalid'; message: string };

/** Reads the payload out of JSON. */
export type PayloadReader = (
  value: unknown,
  /** How the sender calls a field of the payload. */
  nameOf?: (path: string) => string,
) => PayloadReading;

/** What stands for all events about deployments. */
const OUR_EVENTS = 'deployment.';

/** A name that can be shown, and is short. */
const PLAIN_NAME = /^[A-Za-z0-9_.:/-]{1,100}$/;

/** Makes the schema once: it costs far more than reading a payload. */
export function createPayloadReader(options: PayloadOptions): PayloadReader {
  const schema = createPayloadSchema(options);
  return (value, nameOf = path => path) => {
    const foreign = foreignEvent(value);
    if (foreign !== undefined) {
      const reason = describeForeign(foreign);
      return { type: 'understood', content: { type: 'ignored', reason } };
    }
    const parsed = schema.safeParse(value);
    return parsed.success
      ? {
          type: 'understood',
          content: { type: 'event', event: toEvent(parsed.data) },
        }
      : { type: 'invalid', message: describeIssues(parsed.error, nameOf) };
  };
}

/** An event about something else than deployments; an unknown one about them is a mistake. */
function foreignEvent(value: unknown): string | undefined {
  const event =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { event?: unknown }).event
      : undefined;
  return typeof event === 'string' && !event.startsWith(OUR_EVENTS)
    ? event
    : undefined;
}

function describeForeign(event: string): string {
  return PLAIN_NAME.test(event)
    ? `Event '${event}' is not about a deployment`
    : 'The event is not about a deployment';
}

function describeIssues(
  error: z.ZodError,
  nameOf: (path: string) => string,
): string {
  const faults = error.issues.map(({ path, message }) =>
    path.length === 0
      ? `the body: ${message}`
      : `${nameOf(path.join('.'))}: ${message}`,
  );
  return `The event is not valid: ${faults.join('; ')}`;
}
