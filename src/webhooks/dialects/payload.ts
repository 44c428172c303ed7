import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { z } from 'zod';
import {
  environmentFault,
  MAX_DESTINATION_LENGTH,
} from '../../config/entities';
import { describeIssue } from '../../config/messages';
import type { SenderSettings } from '../../config/sender';
import {
  nameFault,
  parseEntityTemplate,
  resolveService,
} from '../../config/senderEntity';
import {
  DEPLOYMENT_EVENTS,
  type DeploymentEvent,
  destinationName,
} from '../../deployments/deployment';
import { isObject } from '../../lib/values';
import type { HeaderValues } from '../headers';
import type { BodyReading, EventReading, WebhookRequest } from './dialect';

export interface PayloadOptions {
  /** Its entity template and aliases decide whether a service can name an entity. */
  sender: Pick<SenderSettings, 'entity' | 'aliases'>;
  now: () => Date;
}

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

/** As those have it who keep repositories: what has no `/` may be a service. */
const repositoryPath = printable(255).regex(
  /^[^/\s]+(?:\/[^/\s]+)+$/,
  'must be the path of a repository, such as acme/payments',
);

/** Which schema a payload is held to. */
function createSchemas(options: PayloadOptions) {
  const create = (version: z.ZodType<string>) => ({
    byService: createPayloadSchema(options, version),
    byRepository: createPayloadSchema(options, version, repositoryPath),
  });
  const present = create(printable(255));
  const removed = create(printable(255).default(''));
  return (value: unknown) => {
    const { byService, byRepository } = isRemoval(value) ? removed : present;
    return namesRepository(value) ? byRepository : byService;
  };
}

/** Its entity is found by the repository where it names no service. */
function namesRepository(value: unknown): boolean {
  return (
    isObject(value) &&
    value.service === undefined &&
    value.repository !== undefined
  );
}

/** Of what is gone nobody needs the version. */
function isRemoval(value: unknown): boolean {
  return isObject(value) && value.event === 'deployment.removed';
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

const inUtc = (time: string) => new Date(time).toISOString();

const isoTime = z.iso.datetime({
  offset: true,
  error:
    'must be an ISO 8601 date and time with a time zone, such as 2026-01-31T12:00:00Z',
  abort: true,
});

/** A commit has the clock of whoever made it, and nothing is ordered by it. */
const anyTime = isoTime
  .refine(time => inUtc(time).length === 24, 'must be in the years 0 to 9999')
  .transform(inUtc);

const digest = z
  .string()
  .regex(/^sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/, {
    message: 'must be a digest, such as sha256: and 64 lower-case hex digits',
  });

/** How far an event's time may be ahead of ours. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/**
 * `{ event, service, version, catalog_refresh, metadata: { owner, environment,
 * target, physicalEnvironment } }`, and beside it `time`, `sequence`, `url`, `commit`,
 * `commitTime` and `digest`. With `repository` given, it may stand in place of
 * the service. Other keys are ignored.
 */
export function createPayloadSchema(
  { sender, now }: PayloadOptions,
  version: z.ZodType<string>,
  repository?: z.ZodType<string>,
) {
  const template = parseEntityTemplate(sender.entity);
  const service = printable(253).check(
    faultCheck(name => nameFault(template, resolveService(sender, name))),
  );
  return z
    .object({
      event: z.enum(DEPLOYMENT_EVENTS),
      service: repository ? z.undefined().optional() : service,
      repository: repository ?? z.unknown().optional(),
      version,
      catalog_refresh: z.boolean().default(false),
      metadata: z
        .object({
          owner: z.string().optional(),
          environment: z.string().check(faultCheck(environmentFault)),
          target: z.string().check(faultCheck(environmentFault)).optional(),
          physicalEnvironment: printable(255).optional(),
        })
        .refine(
          destination =>
            destinationName(destination).length <= MAX_DESTINATION_LENGTH,
          {
            path: ['target'],
            error: `must have, with "environment" and a dot between, at most ${MAX_DESTINATION_LENGTH} characters: they become part of an annotation`,
          },
        )
        .prefault({} as never),
      time: timeBefore(() => now().getTime() + MAX_CLOCK_SKEW_MS).optional(),
      sequence: z
        .int('must be a whole number from 0 to 2^53 - 1')
        .min(0, 'must be a whole number from 0 to 2^53 - 1')
        .optional(),
      url: printable(2048)
        .refine(isWebUrl, {
          error: 'must be an http or https URL',
          abort: true,
        })
        .refine(
          hasNoCredentials,
          'must not contain a user name or a password: it is shown to others',
        )
        .optional(),
      commit: printable(255).optional(),
      commitTime: anyTime.optional(),
      digest: digest.optional(),
    })
    .transform(
      ({
        catalog_refresh,
        metadata: { owner, environment, target, physicalEnvironment },
        service: named,
        repository: found,
        ...event
      }): DeploymentEvent => ({
        ...event,
        service: named ?? String(found),
        ...(named === undefined && { repository: String(found) }),
        environment,
        ...(target !== undefined && { target }),
        ...(physicalEnvironment !== undefined && { physicalEnvironment }),
        ...(owner !== undefined && { owner }),
        catalogRefresh: catalog_refresh,
      }),
    );
}

function printable(max: number) {
  return z
    .string()
    .regex(/\S/, { message: 'must not be empty or blank', abort: true })
    .max(max, { message: `must have at most ${max} characters`, abort: true })
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u,
      'must not contain control characters, such as line breaks or marks that turn the direction of text',
    );
}

function faultCheck(faultOf: (value: string) => string | undefined) {
  return (context: z.core.ParsePayload<string>) => {
    const message = faultOf(context.value);
    if (message !== undefined) {
      context.issues.push({ code: 'custom', input: context.value, message });
    }
  };
}

function timeBefore(latest: () => number) {
  return isoTime
    .refine(time => Date.parse(time) >= 0, 'must not be before 1970')
    .refine(
      time => Date.parse(time) <= latest(),
      'must not be more than 5 minutes ahead',
    )
    .transform(inUtc);
}

function isWebUrl(value: string): boolean {
  return (
    URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)
  );
}

function hasNoCredentials(value: string): boolean {
  const { username, password } = new URL(value);
  return username === '' && password === '';
}
