import { durationToMilliseconds } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import { SourceError } from '../lib/errors';
import { inSeconds } from '../lib/values';
import type { Run } from './database/runs';

type LimitedRun = Pick<Run, 'kind' | 'startedAt'>;

/** The key that limits how long a run may take, and its value. */
export function timeLimitOf(
  { schedule, reconcile }: SourceSettings,
  { kind }: Pick<Run, 'kind'>,
): { key: string; ms: number } {
  const [key, { timeout }] =
    kind === 'reconcile'
      ? (['reconcile.timeout', reconcile] as const)
      : (['schedule.timeout', schedule] as const);
  return { key, ms: durationToMilliseconds(timeout) };
}

/**
 * Whether an aborted run had its time, so that it was not a shutdown that ended
 * it. The scheduler's clock starts a little before the run's, hence the margin.
 */
export function isTimeUp(
  settings: SourceSettings,
  run: LimitedRun,
  endedAt: Date,
): boolean {
  const elapsedMs = endedAt.getTime() - run.startedAt.getTime();
  return elapsedMs >= 0.9 * timeLimitOf(settings, run).ms;
}

/** The error of a run; the reason of a signal says neither which limit it was nor what took so long. */
export function nameTimeLimit(
  error: unknown,
  options: {
    settings: SourceSettings;
    run: LimitedRun;
    /** Such as `reading page 3 of …`. */
    doing: string;
    signal: AbortSignal;
    endedAt: Date;
  },
): unknown {
  const { settings, run, doing, signal, endedAt } = options;
  const isReason = signal.aborted && error === signal.reason;
  if (!isReason || !isTimeUp(settings, run, endedAt)) {
    return error;
  }
  const { key, ms } = timeLimitOf(settings, run);
  return new SourceError(
    `Source "${settings.name}" did not end within ${key} (${inSeconds(ms)}) ` +
      `while ${doing}; see what is slow there, or raise ${key}`,
    // Not with its cause, which says no more than that there was an abort.
    { code: 'timeout' },
  );
}
