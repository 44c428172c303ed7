import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import {
  InputError,
  NotFoundError,
  stringifyError,
  toError,
} from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { readSourceState } from '../ingestion/database/runs';
import { fetchRecord, refusalOf } from '../ingestion/fetchRecord';
import { fingerprintOf, type Shape } from '../ingestion/fingerprint';
import { mapRecord, type RecordParts } from '../ingestion/mapRecord';
import { abortable } from '../lib/abort';
import { retryDelay } from '../lib/backoff';
import { canonicalJson } from '../lib/canonicalJson';
import { SourceError } from '../lib/errors';
import { sourcePath } from '../lib/keys';
import type { RecordSource } from '../sources/RecordSource';
import { assertRecordId } from '../sources/http/recordUrl';
import {
  findReadState,
  type ReadState,
  saveFailedRead,
  saveRead,
} from './database/recordReads';

/** The catalog's processing waits, and a source or mapping in code may never end. */
const TIME_LIMIT_MS = 60_000;

interface RecordReaderOptions extends RecordParts {
  knex: Knex;
  settings: SourceSettings;
  /** What shapes entities beyond the settings. */
  shape?: Shape;
  source: RecordSource;
  /** How long a good read serves without asking again, in milliseconds. */
  freshForMs: number;
  now: () => Date;
  random: () => number;
}

interface FetchOptions {
  recordId: string;
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

  constructor(options: RecordReaderOptions) {
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
   * read to serve; what the catalog has then stays. InputError for an id that
   * could leave the path of its source.
   */
  async read(recordId: string): Promise<Entity[]> {
    assertRecordId(recordId);
    const key = this.#keyOf(recordId);
    const known = await findReadState(key);
    if (known?.entities && this.#isFresh(known)) {
      return parseEntities(known.entities);
    }
    const state = await readSourceState(key);
    if (known?.entities && state.paused && this.#isGood(known)) {
      return parseEntities(known.entities);
    }
    this.#assertNotBackingOff(known);
    const { settings, now } = this.#options;
    const refusal = refusalOf({ settings, state, now: now() });
    if (refusal) {
      // Without a time: the catalog stores a location anew whose error changes.
      const reason = refusal.retryAt ? 'backs off' : refusal.reason;
      throw new InputError(
        `Record "${recordId}" cannot be read now: source "${
          settings.name
        }" ${reason}; see GET ${sourcePath(settings.name)}`,
      );
    }
    const fetchedAt = now();
    try {
      return await this.#fetchInTime({ recordId, known, fetchedAt });
    } catch (error) {
      // The location has to show the first error.
      await this.#saveFailure(recordId, known, error).catch(() => undefined);
      throw error;
    }
  }

  #keyOf(recordId: string) {
    const { knex, settings } = this.#options;
    return { knex, source: settings.name, recordId };
  }

  #isFresh(known: ReadState): boolean {
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

  /** Read under the present configuration, and nothing failed since then. */
  #isGood(known: ReadState): boolean {
    return known.fingerprint === this.#fingerprint && known.failures === 0;
  }

  /** Whether its failures are of the present configuration; a corrected one is tried at once. */
  #hasFailed(known: ReadState | undefined): known is ReadState {
    return known?.failedFingerprint === this.#fingerprint;
  }

  /** Throws what failed, with the same text as then. */
  #assertNotBackingOff(known: ReadState | undefined): void {
    const { now } = this.#options;
    if (this.#hasFailed(known) && known.retryAt && known.retryAt > now()) {
      const [, name, message] = /^(\w+): (.*)$/s.exec(known.error ?? '') ?? [];
      throw Object.assign(new Error(message ?? known.error), name && { name });
    }
  }

  async #fetchInTime(options: FetchOptions): Promise<Entity[]> {
    const limit = AbortSignal.timeout(TIME_LIMIT_MS);
    try {
      return await abortable(this.#fetch(options, limit), limit);
    } catch (error) {
      if (!limit.aborted) {
        throw error;
      }
      throw new SourceError(
        `Record "${options.recordId}" of source "${
          this.settings.name
        }" was not fetched and mapped within ${TIME_LIMIT_MS / 1000} s`,
        { code: 'timeout', cause: error },
      );
    }
  }

  async #fetch(options: FetchOptions, signal: AbortSignal): Promise<Entity[]> {
    const { recordId, known, fetchedAt } = options;
    const current =
      known?.fingerprint === this.#fingerprint && known.entities
        ? { validators: known.validators, entities: known.entities }
        : undefined;
    const answer = await fetchRecord({
      ...this.#options,
      recordId,
      validators: current?.validators,
      signal,
    });
    if (answer.type === 'not-found') {
      throw new NotFoundError(
        `Source "${this.settings.name}" has no record "${recordId}"; what the catalog has of it stays`,
      );
    }
    const entities =
      answer.type === 'record'
        ? await this.#map(recordId, answer.record)
        : parseEntities(current!.entities);
    const { validators } = answer.type === 'record' ? answer : current!;
    await saveRead({
      ...this.#keyOf(recordId),
      fingerprint: this.#fingerprint,
      validators,
      entities: entities.map(canonicalJson),
      entityRefs: [...new Set(entities.map(e => stringifyEntityRef(e)))],
      fetchedAt,
    });
    return entities;
  }

  async #map(recordId: string, record: JsonObject): Promise<Entity[]> {
    const outcome = await mapRecord({ ...this.#options, record, recordId });
    if (outcome.type === 'invalid') {
      const reasons = outcome.problems.map(problem => problem.message);
      throw new InputError(
        `Record "${recordId}" of source "${
          this.settings.name
        }" gives no valid entity: ${reasons.join('; ')}`,
      );
    }
    return outcome.entities;
  }

  async #saveFailure(
    recordId: string,
    known: ReadState | undefined,
    error: unknown,
  ): Promise<void> {
    const { settings, now, random, freshForMs } = this.#options;
    const failures = (this.#hasFailed(known) ? known.failures : 0) + 1;
    const { backoff } = settings;
    const delayMs = Math.max(
      // A record that is missing is no fault to be over soon.
      error instanceof NotFoundError ? freshForMs : 0,
      retryDelay(error, { failures, backoff, random }),
    );
    await saveFailedRead({
      ...this.#keyOf(recordId),
      fingerprint: this.#fingerprint,
      failures,
      retryAt: new Date(now().getTime() + delayMs),
      error: stringifyError(toError(error)),
    });
  }
}

function parseEntities(texts: string[]): Entity[] {
  return texts.map(text => JSON.parse(text));
}
