import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { isObject, quoteValue } from '../lib/values';
import { MAX_TIMER, milliseconds } from './durations';
import { pagination } from './pagination';
import { sourceCredential } from './secrets';
import {
  block,
  caselessMap,
  checked,
  describedText,
  expression,
  isEmpty,
  list,
  map,
  numberIn,
  optionalBlock,
  text,
  wholeNumber,
} from './primitives';

/** Stands for the encoded record id in a `recordUrl`. */
const ID = '{id}';

/** An absolute http(s) URL without credentials in it. */
export const httpUrl = describedText(describeBadUrl);

/** A URL of a single record, whichever its origin. */
export const recordUrlTemplate = describedText(
  value => describeBadUrl(fillId(value, 'a')) ?? describeBadId(value),
);

/** Says what is wrong with a record's URL that has another origin than the list's. */
export function describeOtherOrigin(
  url: string,
  recordUrl: string,
): string | undefined {
  const wanted = parseUrl(url)?.origin;
  const origin = parseUrl(fillId(recordUrl, 'a'))?.origin;
  if (!wanted || !origin || wanted === origin) {
    return undefined;
  }
  return `has the origin ${quoteValue(origin)}, not ${quoteValue(
    wanted,
  )} as url has; headers may carry credentials, which never cross to another origin`;
}

/** The list's URL with the id as one more segment, without query and fragment. */
export function defaultRecordUrl(url: string): string {
  const [address] = url.trim().split(/[?#]/);
  return `${address.replace(/\/+$/, '')}/${ID}`;
}

function describeBadUrl(value: string): string | undefined {
  const url = parseUrl(value);
  if (!url || !/^https?:\/\//i.test(value.trim())) {
    return `${quoteUrl(
      value,
    )} is not an absolute http or https URL; try "https://registry.example.com/metadata"`;
  }
  return url.username || url.password
    ? 'has credentials inside the URL; put them into auth'
    : undefined;
}

function describeBadId(value: string): string | undefined {
  if (!value.includes(ID)) {
    return `${quoteUrl(value)} lacks ${ID}, which stands for the record id`;
  }
  // Two ids, since the host that one of them gives may be the right one.
  const origins = ['a', 'b'].map(id => parseUrl(fillId(value, id))?.origin);
  if (origins[0] !== origins[1]) {
    return `${quoteUrl(
      value,
    )} has ${ID} in its origin; it belongs in the path or the query`;
  }
  const [beforeFragment] = value.split('#');
  return beforeFragment.includes(ID)
    ? undefined
    : `${quoteUrl(value)} has ${ID} in its fragment only, which is never sent`;
}

function fillId(template: string, id: string): string {
  return template.replaceAll(ID, id);
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

/** Credentials may stand before an `@`, and in a query. */
function quoteUrl(value: string) {
  return value.includes('@') ? 'the value' : quoteValue(value.split('?')[0]);
}

/** What a POST sends. Never quoted: it may hold a secret. */
export const body = checked<JsonObject | string>(value => {
  if (!isObject(value) && typeof value !== 'string') {
    return 'must be a map of keys and values or a string';
  }
  return isEmpty(value)
    ? `is present and empty; for an empty object write '{}'`
    : undefined;
});

/** A parameter as YAML or an environment variable gives it. Never quoted: it may be a key. */
const parameter = z.preprocess(
  value =>
    typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : value,
  text(),
);

/** Query parameters: a value, or a list of them for one that is given several times. */
export const query = map(z.union([parameter, list(parameter)]));

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Request headers (RFC 9110, section 5). Values are secrets: no reason quotes one. */
export const headers = caselessMap(
  text()
    .refine(isHeaderValue, {
      error: 'has a character that a header cannot have, such as a line break',
    })
    .refine(value => !/^(bearer|basic|token)$/i.test(value.trim()), {
      error:
        'names a scheme and no credentials; an environment variable may be set to nothing',
    }),
).superRefine((value, ctx) => {
  // A value may stand in the place of a name: the name is not quoted.
  const index = Object.keys(value).findIndex(name => !HEADER_NAME.test(name));
  if (index >= 0) {
    const message = `the name of header ${
      index + 1
    } has a character that a header's name cannot have, such as a space`;
    ctx.addIssue({ code: 'custom', message });
  }
});

function isHeaderValue(value: string): boolean {
  return HEADER_VALUE.test(value.trim());
}

/** What goes into an `Authorization` header. Secrets: no reason quotes one. */
const token = text()
  .transform(value => value.trim())
  .refine(value => isHeaderValue(value) && !/\s/.test(value), {
    error:
      'has a character that a token cannot have, such as a blank or a line break',
  });

/** How requests of a source are authenticated. */
export const auth = z.discriminatedUnion('type', [
  block({
    type: z.literal('basic'),
    username: text().refine(value => !value.includes(':'), {
      error: 'has a colon, which would end it (RFC 7617)',
    }),
    password: text(),
  }),
  block({ type: z.literal('bearer'), token }),
  /** Client credentials (RFC 6749, section 4.4). */
  block({
    type: z.literal('oauth2'),
    tokenUrl: httpUrl,
    clientId: text(),
    clientSecret: text(),
    /** How the client authenticates (RFC 6749, section 2.3.1). */
    clientAuthentication: z
      .enum(['client_secret_basic', 'client_secret_post'])
      .prefault('client_secret_basic'),
    scope: text().optional(),
    audience: text().optional(),
  }),
]);

export type AuthSettings = z.output<typeof auth>;
export type OAuth2Settings = Extract<AuthSettings, { type: 'oauth2' }>;

/** Limits of a single answer, and of requests. */
const limits = optionalBlock(
  block({
    /** From the request to the last byte, without what its reader takes in between. */
    timeout: milliseconds({ max: MAX_TIMER }).prefault({ minutes: 1 }),
    /** With `any`, an answer only has to be JSON. Without it, it has to be declared as JSON. */
    accept: z.enum(['any']).optional(),
    maxBytes: wholeNumber(1).prefault(100_000_000),
    /** How deep objects and arrays of an answer may nest. */
    maxDepth: wholeNumber(1).prefault(64),
    /** How often a request that failed with a temporary error is retried within a run. */
    retries: wholeNumber(0, 10).prefault(3),
    /** In-flight requests of this source, in this process. */
    concurrency: wholeNumber(1).prefault(4),
    /** Of this source, in this process. Without it, no limit. */
    requestsPerSecond: numberIn(0.001, 1000).optional(),
  }).transform(({ timeout, ...rest }) => ({ timeoutMs: timeout, ...rest })),
);

/** Keys that a source over HTTP may have beside its `url`, and no other source. */
export const overHttp = {
  recordUrl: recordUrlTemplate.optional(),
  /** Method for the list. A single record is always requested with GET. */
  method: z.enum(['GET', 'POST']).prefault('GET'),
  /** Body of a POST: an object is sent as JSON, a string as it is. */
  body: body.optional(),
  /** Parameters added to `url` and to the URL of each page. */
  query: query.optional(),
  headers: headers.default({}),
  auth: auth.optional(),
  /** What to call the present credential, and when to replace it. Change the id with it. */
  credential: sourceCredential.optional(),
  pagination: pagination.prefault({ type: 'none' }),
  /** JSONata that finds the list inside an answer. Without it, the answer is the list. */
  records: expression.optional(),
  /** JSONata. Whether the list is whole, as the last page's answer says. */
  complete: z
    .preprocess(
      value => (typeof value === 'boolean' ? String(value) : value),
      expression,
    )
    .optional(),
  request: limits,
};

/** What is wrong with the combination of these keys. */
export function describeRequestConflicts(
  raw: JsonObject,
): Record<string, string | undefined> {
  const { url, recordUrl } = raw;
  const headerNames = isObject(raw.headers) ? Object.keys(raw.headers) : [];
  return {
    recordUrl:
      typeof url === 'string' && typeof recordUrl === 'string'
        ? describeOtherOrigin(url, recordUrl)
        : undefined,
    body:
      raw.body !== undefined && raw.method !== 'POST'
        ? 'is only sent with "method: POST"; set that, or remove it'
        : undefined,
    'pagination.in':
      isObject(raw.pagination) &&
      raw.pagination.in === 'body' &&
      !(raw.method === 'POST' && isObject(raw.body))
        ? 'is "body", and there is none for the cursor; set "method: POST" and a "body" that is a map'
        : undefined,
    auth:
      raw.auth !== undefined &&
      headerNames.some(name => name.toLowerCase() === 'authorization')
        ? 'cannot be used with a header Authorization, which is the same; remove one of the two'
        : undefined,
  };
}
