import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { describeIssue } from '../../config/messages';
import { isObject } from '../../lib/values';
import type { HeaderValues } from '../headers';
import type { BodyReading, EventReading, WebhookRequest } from './dialect';
import { createSchemas, type PayloadOptions } from './payloadSchema';

/** What a format makes of a body, before the fields are checked. */
export type Opened =
  | {
      type: 'payload';
      /** The plain payload. */
      value: unknown;
      /** What the sender calls each of its fields; the same by default. */
      nameOf?: (path: string) => string;
      /** The sender's own id of it, in place of that of a header. */
      externalId?: string;
    }
  | { type: 'ignored'; reason: string; externalId?: string }
  | { type: 'invalid'; message: string };

/** Several events in one body. */
export interface Batch {
  type: 'batch';
  items: Array<{ value: unknown; opened: Opened }>;
}

type MaybePromise<T> = T | Promise<T>;

/** A format of bodies: takes the plain payload out of JSON and headers. Pure. */
export type Format = (
  value: unknown,
  headers: HeaderValues,
) => MaybePromise<Opened | Batch>;

export const plainFormat: Format = value => ({ type: 'payload', value });

/** Reads JSON in a format. */
export const readJsonAs =
  (format: Format) =>
  ({ body, headers }: WebhookRequest): MaybePromise<Opened | Batch> => {
    const json = readJson(body);
    return json.type === 'invalid' ? json : format(json.value, headers);
  };

/** Makes a reader of bodies. Its schemas are made once: that costs far more than reading a payload. */
export function createBodyReader(
  options: PayloadOptions & {
    read?: (request: WebhookRequest) => MaybePromise<Opened | Batch>;
    /** The header with the id of a delivery. */
    idHeader?: string;
  },
): (request: WebhookRequest) => MaybePromise<BodyReading> {
  const { read = readJsonAs(plainFormat), idHeader } = options;
  const check = createEventChecker(options);
  return request => {
    const id = readDeliveryId(request.headers, idHeader);
    const finish = (opened: Opened | Batch): BodyReading =>
      opened.type === 'batch'
        ? {
            isBatch: true,
            readings: opened.items.map(({ value, opened: item }) =>
              check(item, { id, payload: JSON.stringify(value) }),
            ),
          }
        : {
            isBatch: false,
            readings: [
              check(opened, { id, payload: request.body.toString('utf8') }),
            ],
          };
    const opened = read(request);
    return opened instanceof Promise ? opened.then(finish) : finish(opened);
  };
}

/** The sender's own id of a delivery, where it gives one. */
type DeliveryId = { externalId?: string } | { message: string };

/** Visible ASCII. */
const ID = /^[\x21-\x7e]{1,255}$/;

function readDeliveryId(headers: HeaderValues, name?: string): DeliveryId {
  const [value, ...more] =
    name === undefined ? [] : headers(name.toLowerCase());
  if (value === undefined) {
    return {};
  }
  return more.length === 0 && ID.test(value)
    ? { externalId: value }
    : {
        message: `${name}: must be sent once, with 1 to 255 visible ASCII characters`,
      };
}

const invalid = (faults: string[]): EventReading => ({
  type: 'invalid',
  message: faults.join('; '),
});

/** An id as the log can hold and show it. */
function idOf(text: string | undefined): string | undefined {
  return text === undefined || ID.test(text) ? text : hash('sha256', text);
}

/** Makes an event of what a format read, or names everything that is wrong with it. */
function createEventChecker(options: PayloadOptions) {
  const schemaOf = createSchemas(options);
  return (
    opened: Opened,
    { id, payload }: { id: DeliveryId; payload: string },
  ): EventReading => {
    const faults: string[] = [];
    if ('message' in id) {
      faults.push(id.message);
    }
    if (opened.type === 'invalid') {
      return invalid([...faults, opened.message]);
    }
    const externalId =
      idOf(opened.externalId) ?? ('message' in id ? undefined : id.externalId);
    const known = { payload, ...(externalId !== undefined && { externalId }) };
    const reason =
      opened.type === 'ignored' ? opened.reason : whyIgnored(opened.value);
    if (reason !== undefined) {
      return faults.length > 0
        ? invalid(faults)
        : { type: 'ignored', reason, ...known };
    }
    const { value, nameOf = path => path } = opened as Extract<
      Opened,
      { type: 'payload' }
    >;
    const { success, data, error } = schemaOf(value).safeParse(value, {
      error: issue =>
        issue.input === undefined ? 'is required' : describeIssue(issue),
    });
    if (!success) {
      faults.push(describeIssues(error, nameOf));
    }
    return success && faults.length === 0
      ? { type: 'ok', event: data, ...known }
      : invalid(faults);
  };
}

const BYTE_ORDER_MARK = '\ufeff';

// The parser's own message would quote the payload.
const NOT_JSON = {
  type: 'invalid' as const,
  message: 'The body is not JSON in UTF-8',
};

/** Reads JSON in UTF-8. */
function readJson(
  body: Buffer,
): typeof NOT_JSON | { type: 'json'; value: unknown } {
  // Decoding would replace what is not UTF-8.
  if (!isUtf8(body)) {
    return NOT_JSON;
  }
  const payload = body.toString('utf8');
  try {
    const text = payload.startsWith(BYTE_ORDER_MARK)
      ? payload.slice(BYTE_ORDER_MARK.length)
      : payload;
    return { type: 'json', value: JSON.parse(text) };
  } catch {
    return NOT_JSON;
  }
}

/** A name that can be shown, and is short. */
const PLAIN_NAME = /^[A-Za-z0-9_.:/-]{1,100}$/;

/** An event that is not about deployments is ignored. An unknown one that is about them is a mistake. */
function whyIgnored(value: unknown): string | undefined {
  const event = isObject(value) ? value.event : undefined;
  if (typeof event !== 'string' || event.startsWith('deployment.')) {
    return undefined;
  }
  return PLAIN_NAME.test(event)
    ? `Event "${event}" is not about a deployment`
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
