import { ConfigReader, readDurationFromConfig } from '@backstage/config';
import {
  durationToMilliseconds,
  type HumanDuration,
  type JsonValue,
} from '@backstage/types';
import { CronTime } from 'cron';
import type { z } from 'zod';
import { isObject, quoteValue } from '../lib/values';
import { describeUnknownKey } from './messages';
import { block, optionalBlock, readBy } from './primitives';

const UNITS = [
  'years',
  'months',
  'weeks',
  'days',
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
];

interface DurationLimits {
  /** Without it, anything longer than 0. */
  min?: HumanDuration;
  max?: HumanDuration;
}

/** A duration in any of the forms that Backstage reads. */
export function duration(limits?: DurationLimits) {
  return readBy(value => readDuration(value, limits));
}

export function milliseconds(limits?: DurationLimits) {
  return duration(limits).transform(durationToMilliseconds);
}

/** The duration, or what is wrong with it. */
function readDuration(
  value: unknown,
  limits: DurationLimits = {},
): HumanDuration | string {
  const unknown = isObject(value)
    ? Object.keys(value).filter(key => !UNITS.includes(key))
    : [];
  if (unknown.length > 0) {
    return unknown.map(key => describeUnknownKey(key, UNITS)).join('; ');
  }
  let read: HumanDuration;
  try {
    const reader = new ConfigReader({ value: value as JsonValue });
    read = readDurationFromConfig(reader, { key: 'value' });
  } catch {
    return `${quoteValue(
      value,
    )} is not a duration; try "15m", "PT15M" or { minutes: 15 }`;
  }
  return describeExcess(read, limits) ?? read;
}

function describeExcess(
  read: HumanDuration,
  { min, max }: DurationLimits,
): string | undefined {
  const value = durationToMilliseconds(read);
  if (min ? value < durationToMilliseconds(min) : value <= 0) {
    const limit = min ? `shorter than ${spell(min)}` : 'not longer than 0';
    return `${quoteValue(read)} is ${limit}`;
  }
  return max && value > durationToMilliseconds(max)
    ? `${quoteValue(read)} is longer than ${spell(max)}`
    : undefined;
}

function spell(limit: HumanDuration): string {
  const [[unit, count]] = Object.entries(limit);
  return `${count} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

type Frequency = { cron: string } | { trigger: 'manual' } | HumanDuration;

/** When a task runs, how long it may take, and how long it waits after the start. */
export interface ScheduleSettings {
  frequency: Frequency;
  timeout: HumanDuration;
  initialDelay?: HumanDuration;
}

export const frequency = readBy(readFrequency);
const delay = duration({ min: { seconds: 0 } });

/** Timers of Node.js hold no more than 24 days. */
export const MAX_TIMER: HumanDuration = { days: 24 };

export const schedule = optionalBlock(
  block({
    frequency: frequency.prefault({ minutes: 15 }),
    timeout: duration({ max: MAX_TIMER }).prefault({ minutes: 5 }),
    initialDelay: delay.optional(),
  }).transform(given => withFirstRun(given, { seconds: 30 })),
);

/** `fillReconcile` fills in what depends on the schedule. */
export const reconcile = optionalBlock(
  block({
    frequency: frequency.prefault({ hours: 6 }),
    timeout: duration({ max: MAX_TIMER }).optional(),
    initialDelay: delay.optional(),
  }),
);

/** By default, reconciling waits until the first poll has had its time. */
export function fillReconcile(
  given: z.output<typeof reconcile>,
  { timeout }: ScheduleSettings,
): ScheduleSettings {
  return withFirstRun({ ...given, timeout: given.timeout ?? timeout }, timeout);
}

/**
 * Adds the default delay, but not to a cron or a trigger: the scheduler runs a
 * task with a delay once after that delay, whatever its cron or trigger says.
 */
function withFirstRun(
  given: ScheduleSettings,
  initialDelay: HumanDuration,
): ScheduleSettings {
  return 'cron' in given.frequency ||
    'trigger' in given.frequency ||
    given.initialDelay
    ? given
    : { ...given, initialDelay };
}

/*
 * The forms of Backstage's readSchedulerServiceTaskScheduleDefinitionFromConfig,
 * which takes anything for `cron` and ignores extra keys.
 */
function readFrequency(value: unknown): Frequency | string {
  if (isObject(value) && 'cron' in value) {
    return isCron(value.cron) && Object.keys(value).length === 1
      ? { cron: value.cron }
      : `${quoteValue(
          value,
        )} is not a cron schedule; try { cron: "0 */6 * * *" }`;
  }
  if (isObject(value) && 'trigger' in value) {
    return value.trigger === 'manual' && Object.keys(value).length === 1
      ? { trigger: 'manual' }
      : `${quoteValue(value)} is not a frequency; try { trigger: "manual" }`;
  }
  return isCron(value)
    ? `${quoteValue(
        value,
      )} is not a duration; for a cron schedule write { cron: ${quoteValue(
        value,
      )} }`
    : readDuration(value);
}

/**
 * Whether Backstage's scheduler takes the expression; it uses the same library.
 * At one that it cannot read it throws, and the backend does not start.
 */
export function isCron(value: unknown): value is string {
  try {
    return typeof value === 'string' && !!new CronTime(value);
  } catch {
    return false;
  }
}
