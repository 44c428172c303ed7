import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { abortable } from '../lib/abort';
import { RetryLaterError, SourceError } from '../lib/errors';
import { sourcePath } from '../lib/keys';
import { inSeconds } from '../lib/values';
import type { RecordMapper } from '../mapping/RecordMapper';
import type { RecordAnswer, RecordSource } from '../sources/RecordSource';
import type { Validators } from '../sources/httpValidators';
import { postponeSource, type SourceState } from './database/runs';

/** Why a source must not be asked now. */
interface Refusal {
  /** Such as `is paused`, to follow the name of the source. */
  reason: string;
  /** When to try again, if known. */
  retryAt?: Date;
}

/** Why a source must not be asked now; undefined where it may be. */
export function refusalOf(options: {
  settings: SourceSettings;
  state: SourceState;
  now: Date;
}): Refusal | undefined {
  const { settings, state, now } = options;
  const { paused, retryAt } = state;
  if (settings.paused || paused) {
    return { reason: 'is paused' };
  }
  return retryAt && retryAt > now
    ? { reason: `backs off until ${retryAt.toISOString()}`, retryAt }
    : undefined;
}

/** A refusal as an error, with the way out of it. */
export function toRetryLater(
  { name, paused }: SourceSettings,
  { reason, retryAt }: Refusal,
): RetryLaterError {
  const path = sourcePath(name);
  let way = `; POST ${path}/resume ends that`;
  if (paused) {
    way = ' by its key "paused" in the configuration';
  } else if (retryAt) {
    way = `; POST ${path}/sync with {"force":true} asks it now`;
  }
  return new RetryLaterError(`Source "${name}" ${reason}${way}`, { retryAt });
}

/** A single record holds up its caller, such as the catalog's processing. */
const TIME_LIMIT_MS = 30_000;

interface ReadOptions {
  settings: SourceSettings;
  source: RecordSource;
  mapper: RecordMapper;
  recordId: string;
  validators?: Validators;
  signal: AbortSignal;
}

type FetchOptions = ReadOptions & { knex: Knex; now: () => Date };

/**
 * Fetches one record, and makes sure that the answer is about that record. An
 * API that asks to be left alone is left alone by all replicas until then; a
 * failure of one record is no failure of the source otherwise.
 */
export async function fetchRecord(
  options: FetchOptions,
): Promise<RecordAnswer> {
  const { knex, settings, now } = options;
  const postpone = (retryAt: Date) =>
    postponeSource({ knex, source: settings.name, retryAt });
  try {
    const answer = await readInTime(options);
    if (answer.retryAt) {
      await postpone(answer.retryAt);
    }
    await assertSameRecord(options, answer);
    return answer;
  } catch (error) {
    if (error instanceof SourceError && error.retryAfterMs) {
      await postpone(new Date(now().getTime() + error.retryAfterMs));
    }
    throw error;
  }
}

/** Reads one record as `fetchRecord` does, without a database. */
export async function readRecord(options: ReadOptions): Promise<RecordAnswer> {
  const answer = await readInTime(options);
  await assertSameRecord(options, answer);
  return answer;
}

/** A source in code may ignore its signal. */
async function readInTime(options: ReadOptions): Promise<RecordAnswer> {
  const { settings, source, recordId, validators } = options;
  const limit = AbortSignal.timeout(TIME_LIMIT_MS);
  const signal = AbortSignal.any([options.signal, limit]);
  const timeLimitMs = TIME_LIMIT_MS;
  try {
    return await abortable(
      source.read({ recordId, validators, signal, timeLimitMs }),
      signal,
    );
  } catch (error) {
    if (!limit.aborted || error !== limit.reason) {
      throw error;
    }
    throw new SourceError(
      `Source "${settings.name}" did not give record "${recordId}" within ` +
        `${inSeconds(TIME_LIMIT_MS)}; see what is slow there`,
      { code: 'timeout' },
    );
  }
}

async function assertSameRecord(
  { settings, mapper, recordId }: ReadOptions,
  answer: RecordAnswer,
): Promise<void> {
  if (answer.type !== 'record') {
    return;
  }
  const actualId = await mapper.recordId(answer.record);
  if (actualId !== recordId) {
    throw new SourceError(
      `Source "${settings.name}" was asked for record "${recordId}" and answered with ` +
        `${actualId === undefined ? 'one without an id' : `"${actualId}"`}; ` +
        `check the keys "recordUrl" and "id"`,
      { code: 'shape' },
    );
  }
}
