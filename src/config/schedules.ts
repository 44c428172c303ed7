import type { HumanDuration } from '@backstage/types';
import { z } from 'zod';
import { block } from './containers';
import { isCron } from './cron';
import { duration, readDuration } from './durations';
import type { ScheduleSettings } from './settings';
import { isObject, quote } from './values';

type Frequency = { cron: string } | { trigger: 'manual' } | HumanDuration;

/** What a `schedule` block says, before defaults. */
export interface ScheduleBlock {
  frequency?: Frequency;
  timeout?: HumanDuration;
  initialDelay?: HumanDuration;
}

export const scheduleBlock: z.ZodType<ScheduleBlock> = block({
  frequency: z.any().transform(frequency).optional(),
  timeout: duration().optional(),
  initialDelay: duration({ allowZero: true }).optional(),
});

/** The schedules of polling and reconciling, each default filled in. */
export function fillSchedules(blocks: {
  schedule: ScheduleBlock;
  reconcile: ScheduleBlock;
}): {
  schedule: ScheduleSettings;
  reconcile: ScheduleSettings;
} {
  const timeout = blocks.schedule.timeout ?? { minutes: 5 };
  return {
    schedule: {
      frequency: { minutes: 15 },
      ...firstAfter({ seconds: 30 }, blocks.schedule),
      ...blocks.schedule,
      timeout,
    },
    reconcile: {
      frequency: { hours: 6 },
      ...firstAfter(timeout, blocks.reconcile),
      timeout,
      ...blocks.reconcile,
    },
  };
}

/** A task with a delay begins then for the first time, whatever its cron or trigger says. */
function firstAfter(
  initialDelay: HumanDuration,
  { frequency: every }: ScheduleBlock,
): Pick<ScheduleSettings, 'initialDelay'> {
  return every && ('cron' in every || 'trigger' in every)
    ? {}
    : { initialDelay };
}

function frequency(value: unknown, ctx: z.core.$RefinementCtx): Frequency {
  const read = readFrequency(value);
  if (typeof read === 'string') {
    ctx.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  }
  return read;
}

/*
 * The forms of Backstage's readSchedulerServiceTaskScheduleDefinitionFromConfig,
 * which takes anything for `cron` and lets extra keys pass.
 */
function readFrequency(value: unknown): Frequency | string {
  if (isObject(value) && 'cron' in value) {
    return isCron(value.cron) && Object.keys(value).length === 1
      ? { cron: value.cron }
      : `${quote(value)} is not a cron schedule; try { cron: "0 */6 * * *" }`;
  }
  if (isObject(value) && 'trigger' in value) {
    return value.trigger === 'manual' && Object.keys(value).length === 1
      ? { trigger: 'manual' }
      : `${quote(value)} is not a frequency; try { trigger: "manual" }`;
  }
  return isCron(value)
    ? `${quote(
        value,
      )} is not a duration; for a cron schedule write { cron: ${quote(value)} }`
    : readDuration(value);
}
