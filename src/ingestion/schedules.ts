import { durationToMilliseconds } from '@backstage/types';
import { CronTime } from 'cron';
import type { SourceSettings } from '../config/source';

const DEFAULT_INTERVAL_MS = 15 * 60 * 1000;

/** How far apart a source's polls are; 15 minutes where a schedule does not tell. */
export function pollIntervalMs({
  schedule,
}: Pick<SourceSettings, 'schedule'>): number {
  const { frequency } = schedule;
  return typeof frequency === 'object' &&
    ('cron' in frequency || 'trigger' in frequency)
    ? DEFAULT_INTERVAL_MS
    : durationToMilliseconds(frequency);
}

/**
 * How long it takes at most from a poll at this time to the next; 0 for a source
 * that is polled only when somebody asks for it. Of a cron that is the longer of
 * the next two gaps, since a poll may come late in one.
 */
export function pollGapMs(
  settings: Pick<SourceSettings, 'schedule'>,
  from: Date,
): number {
  const { frequency } = settings.schedule;
  if (typeof frequency !== 'object' || !('cron' in frequency)) {
    return typeof frequency === 'object' && 'trigger' in frequency
      ? 0
      : pollIntervalMs(settings);
  }
  const cron = new CronTime(frequency.cron);
  const next = cron.getNextDateFrom(from);
  const after = cron.getNextDateFrom(next);
  return Math.max(
    next.toMillis() - from.getTime(),
    after.toMillis() - next.toMillis(),
  );
}
