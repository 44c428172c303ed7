import type { JsonValue } from '@backstage/types';
import type { SourceSettings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import { isObject } from '../../lib/values';
import { readJson } from '../json/parseJson';
import type {
  ListAnswer,
  ListOptions,
  ReadOptions,
  RecordAnswer,
  RecordSink,
  RecordSource,
} from '../RecordSource';
import type { HttpAnswer } from './fetchAnswer';
import { ListReader } from './ListReader';
import {
  createPagination,
  type Pagination,
  type ReadCursor,
} from './pagination';
import type { SelectRecords } from './readPage';
import { buildRecordUrl } from './recordUrl';
import { Requester } from './Requester';
import { parseTarget } from './requestTarget';
import { type Sleep, sleepUnlessAborted } from './retries';
import { TimeLimit } from './TimeLimit';

/** The default of `schedule.timeout`. */
const DEFAULT_TIME_LIMIT_MS = 5 * 60_000;

/** A single record holds up its caller, such as the catalog's processing. */
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
  selectRecords: SelectRecords;
  /**
   * The names that lead to the list inside an answer; none if the answer is the
   * list. With them, records are read while the answer comes in, and
   * `selectRecords` gets an answer with `0` for each record. Default: answers
   * are read as a whole.
   */
  listPath?: readonly string[];
  /** Required if `pagination.next` is set. */
  readCursor?: ReadCursor;
  /** Whether `readCursor` looks at the records, so that answers have to be read as a whole. */
  cursorNeedsWhole?: boolean;
  /**
   * How long a list may take, in milliseconds: no wait for a retry reaches
   * beyond. Default: 5 minutes.
   */
  timeLimitMs?: number;
  /** What a `Retry-After` date is compared with. */
  now: () => Date;
  /** Default: `Math.random`. */
  random?: () => number;
  /** Waits for retries and for the rate of requests. Default: a timer. */
  sleep?: Sleep;
}

/** Wraps an error of the sink. It must not be retried like one of the server, even if it looks like one. */
class SinkError extends Error {
  constructor(cause: unknown) {
    super('The sink failed', { cause });
  }
}

/**
 * A `RecordSource` over HTTP, through the `fetch` of the process and so through
 * its proxy.
 *
 * Beside a `SourceError`, `read` throws an `InputError` for a record id that
 * would leave the path of `recordUrl`.
 */
export class HttpRecordSource implements RecordSource {
  readonly #options: HttpRecordSourceOptions;
  readonly #timeLimitMs: number;
  readonly #pagination: Pagination;
  readonly #requester: Requester;

  constructor(options: HttpRecordSourceOptions) {
    const { settings, readCursor, now } = options;
    const { random = Math.random, sleep = sleepUnlessAborted } = options;
    this.#options = options;
    this.#timeLimitMs = options.timeLimitMs ?? DEFAULT_TIME_LIMIT_MS;
    this.#pagination = createPagination(settings.pagination, readCursor);
    this.#requester = new Requester({ settings, now, random, sleep });
  }

  async list({ validators, signal, sink }: ListOptions): Promise<ListAnswer> {
    const { cursorNeedsWhole, listPath } = this.#options;
    const reader = new ListReader({
      ...this.#options,
      listPath: cursorNeedsWhole ? undefined : listPath,
      pagination: this.#pagination,
      requester: this.#requester,
      validators,
      signal,
      sink: markErrors(sink),
      deadline: this.#deadlineIn(this.#timeLimitMs),
    });
    try {
      return await reader.read();
    } catch (error) {
      throw error instanceof SinkError ? error.cause : error;
    }
  }

  async read({
    recordId,
    validators,
    signal,
  }: ReadOptions): Promise<RecordAnswer> {
    const { name: source, recordUrl } = this.#options.settings;
    const { href: url } = buildRecordUrl({ template: recordUrl, recordId });
    const timeoutMs = Math.min(this.#timeLimitMs, MAX_READ_TIME_LIMIT_MS);
    // Over all of it, the waits for other requests and for a token included.
    const target = parseTarget({ source, url });
    const limit = new TimeLimit({ target, timeoutMs, signal });
    try {
      const answer = await this.#requester.request({
        url,
        validators,
        read: readJson,
        deadline: this.#deadlineIn(timeoutMs),
        signal: limit.signal,
      });
      return toRecordAnswer(answer, { source, recordId });
    } finally {
      limit.stop();
    }
  }

  #deadlineIn(ms: number): number {
    return this.#options.now().getTime() + ms;
  }
}

function toRecordAnswer(
  answer: HttpAnswer<JsonValue>,
  { source, recordId }: { source: string; recordId: string },
): RecordAnswer {
  if (answer.type !== 'json') {
    return { type: answer.type };
  }
  const { value: record, validators } = answer;
  if (!isObject(record)) {
    throw new SourceError(
      `Source "${source}": the answer for record "${recordId}" is not a JSON ` +
        `object; check "recordUrl"`,
      { code: 'shape' },
    );
  }
  return { type: 'record', record, validators };
}

function markErrors(sink: RecordSink): RecordSink {
  const mark = (run: () => void) => {
    try {
      run();
    } catch (error) {
      throw new SinkError(error);
    }
  };
  return {
    startPage: () => mark(() => sink.startPage()),
    endPage: () => mark(() => sink.endPage()),
    async records(batch) {
      try {
        await sink.records(batch);
      } catch (error) {
        throw new SinkError(error);
      }
    },
  };
}
