import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { SourceError } from '../lib/errors';
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

/**
 * Fetches one record, and makes sure that the answer is about that record. An
 * API that asks to be left alone is left alone by all replicas until then; a
 * failure of one record is no failure of the source otherwise.
 */
export async function fetchRecord(options: {
  knex: Knex;
  settings: SourceSettings;
  source: RecordSource;
  mapper: RecordMapper;
  recordId: string;
  validators?: Validators;
  signal: AbortSignal;
  now: () => Date;
}): Promise<RecordAnswer> {
  const { knex, settings, source, mapper, now } = options;
  const { recordId, validators, signal } = options;
  const postpone = (retryAt: Date) =>
    postponeSource({ knex, source: settings.name, retryAt });
  try {
    const answer = await source.read({ recordId, validators, signal });
    if (answer.retryAt) {
      await postpone(answer.retryAt);
    }
    if (answer.type === 'record') {
      const actualId = await mapper.recordId(answer.record);
      assertSameRecord(settings.name, recordId, actualId);
    }
    return answer;
  } catch (error) {
    if (error instanceof SourceError && error.retryAfterMs) {
      await postpone(new Date(now().getTime() + error.retryAfterMs));
    }
    throw error;
  }
}

function assertSameRecord(
  source: string,
  recordId: string,
  actualId: string | undefined,
): void {
  if (actualId !== recordId) {
    throw new SourceError(
      `Source "${source}" was asked for record "${recordId}" and answered with ` +
        `${actualId === undefined ? 'one without an id' : `"${actualId}"`}; ` +
        `check the keys "recordUrl" and "id"`,
      { code: 'shape' },
    );
  }
}
