import { InputError } from '@backstage/errors';
import { durationToMilliseconds, type HumanDuration } from '@backstage/types';
import type { SourceSettings } from '../config/source';

const DEFAULT_INTERVAL_MS = 15 * 60 * 1000;

/** A duration of a schedule; the configuration gives them as objects. */
export function milliseconds(duration: HumanDuration | string): number {
  if (typeof duration === 'string') {
    throw new InputError(`The duration "${duration}" was not read from config`);
  }
  return durationToMilliseconds(duration);
}

/** How far apart a source's polls are; 15 minutes where a schedule does not tell. */
export function pollIntervalMs({
  schedule,
}: Pick<SourceSettings, 'schedule'>): number {
  const { frequency } = schedule;
  return typeof frequency === 'object' &&
    ('cron' in frequency || 'trigger' in frequency)
    ? DEFAULT_INTERVAL_MS
    : milliseconds(frequency);
}
