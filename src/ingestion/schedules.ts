import { durationToMilliseconds } from '@backstage/types';
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
