import type { SourceSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import { isObject } from '../../lib/values';
import type {
  ListAnswer,
  ListOptions,
  ReadOptions,
  RecordAnswer,
  RecordSource,
} from '../RecordSource';
import { readJson } from '../json/parseJson';
import { ListReader } from './ListReader';
import { Requester, type RequesterSettings } from './Requester';
import {
  createPagination,
  type ListSettings,
  type Pagination,
  type ReadCursor,
} from './pagination';
import type { ReadPageOptions } from './readPage';
import { buildRecordUrl } from './recordUrl';
import { type Sleep, sleepUnlessAborted } from './retries';

export interface HttpRecordSourceOptions extends Omit<ReadPageOptions, 'sink'> {
  settings: ListSettings &
    RequesterSettings &
    Pick<SourceSettings, 'recordUrl'>;
  /** Required if `pagination.next` is set. */
  readCursor?: ReadCursor;
  /** Whether the list is whole, by the answer of its last page. Default: what an answer says by itself. */
  readComplete?: ReadCursor;
  /** How long to read by default, in milliseconds: no wait reaches beyond. */
  timeLimitMs: number;
  /** What a `Retry-After` date is compared with. */
  now: () => Date;
  /** Default: `Math.random`. */
  random?: () => number;
  /** Waits for retries and for the rate of requests. Default: a timer. */
  sleep?: Sleep;
  /** Sends the requests for records. Default: the `fetch` of the process. */
  fetch?: typeof fetch;
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
  readonly #pagination: Pagination;
  readonly #requester: Requester;

  constructor(options: HttpRecordSourceOptions) {
    const { settings, readCursor, now, fetch: ask } = options;
    const { random = Math.random, sleep = sleepUnlessAborted } = options;
    this.#options = options;
    this.#pagination = createPagination(settings, readCursor);
    this.#requester = new Requester({
      settings,
      now,
      random,
      sleep,
      fetch: ask,
    });
  }

  async list(options: ListOptions): Promise<ListAnswer> {
    const { timeLimitMs = this.#options.timeLimitMs } = options;
    const reader = new ListReader({
      ...this.#options,
      ...options,
      pagination: this.#pagination,
      requester: this.#requester,
      deadline: this.#deadlineIn(timeLimitMs),
    });
    return this.#requester.withRetryAt(() => reader.read());
  }

  async read(options: ReadOptions): Promise<RecordAnswer> {
    return this.#requester.withRetryAt(() => this.#read(options));
  }

  async #read(options: ReadOptions): Promise<RecordAnswer> {
    const { settings } = this.#options;
    const { recordId, validators, signal } = options;
    const { timeLimitMs = this.#options.timeLimitMs } = options;
    const answer = await this.#requester.request({
      url: buildRecordUrl(settings.recordUrl, recordId),
      validators,
      read: readJson,
      deadline: this.#deadlineIn(timeLimitMs),
      signal,
    });
    if (answer.type !== 'json') {
      return { type: answer.type };
    }
    if (!isObject(answer.value)) {
      throw new SourceError(
        `Source "${settings.name}": the answer for record "${recordId}" is not a ` +
          `JSON object; check "recordUrl"`,
        { code: 'shape' },
      );
    }
    return {
      type: 'record',
      record: answer.value,
      validators: answer.validators,
    };
  }

  #deadlineIn(ms: number): number {
    return this.#options.now().getTime() + ms;
  }
}
