import type { JsonObject, JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
import type { SourceSettings } from '../model/settings';
import type { RecordSource } from '../model/source';
import { createRequester, type SourceRequest } from './createRequester';
import type { ReadCursor } from './nextPage';
import { assertReadable, readPages } from './readPages';
import { buildRecordUrl } from './recordUrl';
import { parseTarget } from './requestTarget';
import { sleep as defaultSleep, type Sleep } from './sleep';
import { withTimeLimit } from './timeLimit';

/** The default of `schedule.timeout`. */
const DEFAULT_TIME_LIMIT_MS = 5 * 60_000;

/** Whoever reads a single record holds something up, such as the catalog's processing. */
const MAX_READ_TIME_LIMIT_MS = 30_000;

export interface HttpRecordSourceOptions {
  settings: Pick<
    SourceSettings,
    | 'name'
    | 'url'
    | 'recordUrl'
    | 'method'
    | 'body'
    | 'query'
    | 'headers'
    | 'auth'
    | 'pagination'
    | 'request'
  >;
  /** Finds the list inside an answer; throws a `SourceError` of code `shape` where there is none. */
  selectRecords: (answer: JsonValue) => Promise<JsonValue[]>;
  /** Finds the next page's cursor in an answer; required for pagination by cursor. */
  readCursor?: ReadCursor;
  /**
   * How long a list may take, in milliseconds: no wait for another try reaches
   * beyond. Default: 5 minutes.
   */
  timeLimitMs?: number;
  /** What a `Retry-After` date is compared with. */
  now: () => Date;
  /** Default: `Math.random`. */
  random?: () => number;
  /** Waits between tries and for the rate of requests. Default: a timer. */
  sleep?: Sleep;
}

/**
 * A `RecordSource` over HTTP: conditional requests for a list, page by page, or
 * a record, through the `fetch` of the process, and so through its proxy. What
 * fails in passing is tried again.
 *
 * Beside a `SourceError`, `read` throws an `InputError` for a record id that
 * would leave the template's path.
 */
export function createHttpRecordSource(
  options: HttpRecordSourceOptions,
): RecordSource {
  const { settings, selectRecords, readCursor, now } = options;
  const { name: source, pagination, query = {} } = settings;
  const { timeLimitMs = DEFAULT_TIME_LIMIT_MS } = options;
  const { random = Math.random, sleep = defaultSleep } = options;
  assertReadable(pagination, readCursor);
  const request = createRequester({ settings, now, random, sleep });
  const listRequest = toListRequest(settings);
  const deadlineIn = (ms: number) => now().getTime() + ms;

  return {
    async list({ validators, signal }) {
      const deadline = deadlineIn(timeLimitMs);
      return readPages({
        source,
        url: parseTarget({ source, url: settings.url }).url,
        query,
        pagination,
        selectRecords,
        readCursor,
        // A POST has no validators (RFC 9110, section 13.1).
        validators: settings.method === 'GET' ? validators : undefined,
        async fetchPage({ href }, known) {
          const answer = await request({
            ...listRequest,
            url: href,
            validators: known,
            deadline,
            signal,
          });
          if (answer.type === 'not-found') {
            throw answer.error;
          }
          return answer.type === 'json' && settings.method === 'POST'
            ? { ...answer, validators: undefined }
            : answer;
        },
      });
    },

    async read({ recordId, validators, signal }) {
      const { href } = buildRecordUrl({
        template: settings.recordUrl,
        recordId,
      });
      const limitMs = Math.min(timeLimitMs, MAX_READ_TIME_LIMIT_MS);
      // Over all of it: waiting for a turn and for a token as well.
      const answer = await withTimeLimit(
        {
          target: parseTarget({ source, url: href }),
          timeoutMs: limitMs,
          signal,
        },
        limited =>
          request({
            url: href,
            validators,
            deadline: deadlineIn(limitMs),
            signal: limited,
          }),
      );
      if (answer.type === 'not-found') {
        return { type: 'not-found' };
      }
      if (answer.type === 'not-modified') {
        return answer;
      }
      if (!isObject(answer.value)) {
        throw new SourceError(
          `source '${settings.name}': the answer for record '${recordId}' is ` +
            `no JSON object; check 'recordUrl'`,
          { code: 'shape' },
        );
      }
      const { value: record, validators: fresh } = answer;
      return { type: 'record', record, validators: fresh };
    },
  };
}

/** What all pages of a list are asked for with. */
function toListRequest({
  method,
  body,
}: HttpRecordSourceOptions['settings']): Pick<
  SourceRequest,
  'method' | 'body' | 'headers'
> {
  return body === undefined
    ? { method }
    : {
        method,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
