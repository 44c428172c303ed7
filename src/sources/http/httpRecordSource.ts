import type { JsonObject, JsonValue } from '@backstage/types';
import type { SourceSettings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import type { RecordSource } from '../RecordSource';
import { withGuardedSink } from '../customRecordSource';
import { readJson } from '../json/parseAnswer';
import { createRequester } from './createRequester';
import type { ReadCursor } from './nextPage';
import { readList } from './readList';
import { assertReadable } from './readPages';
import { buildRecordUrl } from './recordUrl';
import { parseTarget } from './requestTarget';
import { withTimeLimit } from './timeLimit';
import { type Sleep, sleepUnlessAborted } from './withRetries';

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
  /**
   * The names that lead to the list inside an answer, none of them for an answer
   * that is the list. With them, records are read as the answer comes in, and
   * `selectRecords` sees it with `0` for each record. Default: answers are
   * read as a whole.
   */
  listPath?: readonly string[];
  /** Finds the next page's cursor or link in an answer; required where `pagination.next` is set. */
  readCursor?: ReadCursor;
  /** Whether `readCursor` looks at the records, so that answers have to be read as a whole. */
  cursorNeedsWhole?: boolean;
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
  const { settings, cursorNeedsWhole, now } = options;
  const listPath = cursorNeedsWhole ? undefined : options.listPath;
  const { name: source } = settings;
  const { timeLimitMs = DEFAULT_TIME_LIMIT_MS } = options;
  const { random = Math.random, sleep = sleepUnlessAborted } = options;
  assertReadable(settings.pagination, options.readCursor);
  const request = createRequester({ settings, now, random, sleep });
  const deadlineIn = (ms: number) => now().getTime() + ms;

  return {
    list: ({ sink, ...call }) =>
      withGuardedSink(sink, guarded =>
        readList({
          ...options,
          ...call,
          listPath,
          request,
          deadline: deadlineIn(timeLimitMs),
          sink: guarded,
        }),
      ),

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
            read: readJson,
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

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
