import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import {
  InputError,
  NotFoundError,
  stringifyError,
  toError,
} from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type { SourceSettings } from '../config/settings';
import type {
  ReadState,
  ReadStateStore,
  SourceState,
  SyncStore,
} from '../ingestion/database/SyncStore';
import { fingerprintOf, type Shape } from '../ingestion/fingerprint';
import { mapRecord } from '../ingestion/mapRecord';
import type { RecordParts } from '../ingestion/observeRecord';
import { differentRecord } from '../ingestion/runRecord';
import { abortable } from '../lib/abort';
import { backoffDelay } from '../lib/backoff';
import { canonicalJson } from '../lib/canonicalJson';
import { SourceError } from '../lib/errors';
import type { RecordSource } from '../sources/RecordSource';
import { assertRecordId } from '../sources/http/recordUrl';

/** The catalog's processing waits: a source or mapping in code may never end. */
const TIME_LIMIT_MS = 60_000;

export interface RecordReaderOptions extends RecordParts {
  settings: SourceSettings;
  /** What shapes entities beyond the settings. */
  shape?: Shape;
  source: RecordSource;
  reads: ReadStateStore;
  store: SyncStore;
  /** For how long a good read serves without asking again, in milliseconds. */
  freshForMs: number;
  now: () => Date;
  random: () => number;
}

interface FetchOptions {
  recordId: string;
  signal: AbortSignal;
  known: ReadState | undefined;
  fetchedAt: Date;
}

/**
 * Reads single records for locations. The catalog processes a location every
 * few minutes; the API is asked only once a good read is no longer fresh,
 * after an invalidation, or when a back-off has ended.
 */
export class RecordReader {
  readonly #options: RecordReaderOptions;
  readonly #fingerprint: string;

  static create(options: RecordReaderOptions): RecordReader {
    return new RecordReader(options);
  }

  private constructor(options: RecordReaderOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.settings, options.shape);
  }

  get settings(): SourceSettings {
    return this.#options.settings;
  }

  /**
   * The entities of a record.
   *
   * @throws SourceError, InputError or NotFoundError where there is no good
   * read to go by; what the catalog has then stays. InputError for an id that
   * could leave the path of its source.
   */
  async read(options: {
    recordId: string;
    signal: AbortSignal;
  }): Promise<Entity[]> {
    const { reads, settings } = this.#options;
    const { recordId } = options;
    assertRecordId(recordId);
    const known = await reads.get(settings.name, recordId);
    if (known?.entities && this.#mayServe(known)) {
      return known.entities.map(text => JSON.parse(text));
    }
    const { retryAt, paused } = await this.#options.store.readState(
      settings.name,
    );
    if (paused && known?.entities && this.#isGood(known)) {
      return known.entities.map(text => JSON.parse(text));
    }
    this.#assertMayFetch(recordId, known, { retryAt, paused });
    const fetchedAt = this.#options.now();
    try {
      return await this.#inTime({ ...options, known, fetchedAt });
    } catch (error) {
      if (!options.signal.aborted) {
        // What went wrong first is what the location has to show.
        await this.#saveFailure(recordId, known, error).catch(() => undefined);
      }
      throw error;
    }
  }

  #mayServe(known: ReadState): boolean {
    const { freshForMs, now, settings } = this.#options;
    if (!this.#isGood(known)) {
      return false;
    }
    if (settings.paused) {
      return true;
    }
    const { fetchedAt, invalidatedAt } = known;
    return (
      fetchedAt !== undefined &&
      fetchedAt.getTime() + freshForMs > now().getTime() &&
      !(invalidatedAt && invalidatedAt >= fetchedAt)
    );
  }

  /** Read under the present configuration, and since then nothing failed. */
  #isGood(known: ReadState): boolean {
    return known.fingerprint === this.#fingerprint && known.failures === 0;
  }

  /** Whether its failures are of the present configuration; a corrected one is tried at once. */
  #failed(known: ReadState): boolean {
    return known.failedFingerprint === this.#fingerprint;
  }

  #assertMayFetch(
    recordId: string,
    known: ReadState | undefined,
    { retryAt, paused }: Pick<SourceState, 'retryAt' | 'paused'>,
  ): void {
    const { settings, now } = this.#options;
    const what = `Record "${recordId}" of source "${settings.name}"`;
    if (settings.paused || paused) {
      throw new InputError(`${what} cannot be read: the source is paused`);
    }
    if (known?.retryAt && known.retryAt > now() && this.#failed(known)) {
      throw new InputError(
        `${what} could not be read, next try at ${known.retryAt.toISOString()}: ${
          known.error
        }`,
      );
    }
    if (retryAt && retryAt > now()) {
      throw new InputError(
        `${what} cannot be read now: the source backs off until ${retryAt.toISOString()}`,
      );
    }
  }

  async #inTime(options: FetchOptions): Promise<Entity[]> {
    const limit = AbortSignal.timeout(TIME_LIMIT_MS);
    const signal = AbortSignal.any([options.signal, limit]);
    try {
      return await abortable(this.#fetch({ ...options, signal }), signal);
    } catch (error) {
      if (options.signal.aborted || !limit.aborted) {
        throw error;
      }
      throw new SourceError(
        `Record "${options.recordId}" of source "${
          this.#options.settings.name
        }" was not fetched and mapped within ${TIME_LIMIT_MS / 1000} s`,
        { code: 'timeout', cause: error },
      );
    }
  }

  async #fetch(options: FetchOptions): Promise<Entity[]> {
    const { source, settings } = this.#options;
    const { recordId, signal, known, fetchedAt } = options;
    const current =
      known?.fingerprint === this.#fingerprint && known.entities
        ? known
        : undefined;
    const answer = await source.read({
      recordId,
      validators: current?.validators,
      signal,
    });
    if (answer.type === 'not-found') {
      throw new NotFoundError(
        `Source "${settings.name}" has no record "${recordId}"; what the catalog has of it stays`,
      );
    }
    const entities =
      answer.type === 'record'
        ? await this.#map(recordId, answer.record)
        : current!.entities!.map(text => JSON.parse(text) as Entity);
    await this.#options.reads.saveRead({
      source: settings.name,
      recordId,
      fingerprint: this.#fingerprint,
      validators:
        answer.type === 'record' ? answer.validators : current!.validators,
      entities: entities.map(canonicalJson),
      entityRefs: [...new Set(entities.map(e => stringifyEntityRef(e)))],
      fetchedAt,
    });
    return entities;
  }

  async #map(recordId: string, record: JsonObject): Promise<Entity[]> {
    const { mapper, settings } = this.#options;
    const actualId = await mapper.recordId(record);
    if (actualId !== recordId) {
      throw differentRecord(settings.name, recordId, actualId);
    }
    const outcome = await mapRecord({ ...this.#options, record, recordId });
    if (outcome.type === 'invalid') {
      throw new InputError(
        `Record "${recordId}" of source "${
          settings.name
        }" gives no valid entity: ${outcome.problems
          .map(problem => problem.message)
          .join('; ')}`,
      );
    }
    return outcome.entities;
  }

  async #saveFailure(
    recordId: string,
    known: ReadState | undefined,
    error: unknown,
  ): Promise<void> {
    const { reads, settings, store, now, random } = this.#options;
    const failures = (known && this.#failed(known) ? known.failures : 0) + 1;
    const askedMs = error instanceof SourceError ? error.retryAfterMs ?? 0 : 0;
    const delayMs = Math.max(
      askedMs,
      backoffDelay({ failures, backoff: settings.backoff, random }),
    );
    const retryAt = new Date(now().getTime() + delayMs);
    if (askedMs > 0) {
      // It is the API that wants to be left alone, not this record.
      await store.postpone(settings.name, retryAt);
    }
    await reads.saveFailure({
      source: settings.name,
      recordId,
      fingerprint: this.#fingerprint,
      failures,
      retryAt,
      error: stringifyError(toError(error)),
    });
  }
}
