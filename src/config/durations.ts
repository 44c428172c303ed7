import { ConfigReader, readDurationFromConfig } from '@backstage/config';
import {
  durationToMilliseconds,
  type HumanDuration,
  type JsonValue,
} from '@backstage/types';
import { z } from 'zod';
import { describeUnknownKey } from './nearest';
import { isObject, quote } from './values';

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

const SPELLED: Array<[string, number]> = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
];

interface DurationLimits {
  /** Whether 0 is a duration here. */
  allowZero?: boolean;
  /** In milliseconds. */
  min?: number;
  /** In milliseconds. */
  max?: number;
}

/** A duration in any of the forms that Backstage reads. */
export function duration(limits: DurationLimits = {}) {
  return z.any().transform((value, ctx): HumanDuration => {
    const read = readDuration(value, limits);
    if (typeof read === 'string') {
      ctx.addIssue({ code: 'custom', message: read });
      return z.NEVER;
    }
    return read;
  });
}

export function milliseconds(limits?: DurationLimits) {
  return duration(limits).transform(durationToMilliseconds);
}

/** The duration, or what is wrong with it. */
export function readDuration(
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
    return `${quote(
      value,
    )} is not a duration; try "15m", "PT15M" or { minutes: 15 }`;
  }
  return describeExcess(read, limits) ?? read;
}

function describeExcess(
  read: HumanDuration,
  { allowZero = false, min = 0, max = Number.MAX_SAFE_INTEGER }: DurationLimits,
): string | undefined {
  const value = durationToMilliseconds(read);
  if (value < 0 || (value === 0 && !allowZero)) {
    return `${quote(read)} is not ${
      allowZero ? '0 or longer' : 'longer than 0'
    }`;
  }
  if (value < min) {
    return `${quote(read)} is shorter than ${spell(min)}`;
  }
  return value > max
    ? `${quote(read)} is longer than ${spell(max)}`
    : undefined;
}

/** In the largest unit that gives a whole number. */
function spell(value: number): string {
  const [unit, length] = SPELLED.find(([, ms]) => value % ms === 0)!;
  const count = value / length;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
