import { durationToMilliseconds, type HumanDuration } from '@backstage/types';
import { z } from 'zod';
import { duration, frequency } from './durations';
import { block, optionalBlock, wholeNumber } from './primitives';

const FOREVER: HumanDuration = { years: 100 };
const DAY_MS = 24 * 3_600_000;

/** A part of a day counts as a day. */
const days = () =>
  duration({ min: { days: 1 }, max: FOREVER }).transform(value =>
    Math.ceil(durationToMilliseconds(value) / DAY_MS),
  );

/** What a clean-up looks for, and how much it changes. */
export const cleanUp = optionalBlock(
  block({
    /** By default at night, when few look at what it changes. */
    frequency: frequency.prefault({ cron: '0 3 * * *' }),
    /** On how many days whole lists lack a record until its entities are deprecated. */
    deprecateAfter: days().prefault({ days: 90 }),
    /** On how many more they lack it until these are removed. */
    archiveAfter: days().prefault({ days: 90 }),
    /** For how long nothing of a service runs until it is deprecated. */
    retireAfter: days().prefault({ days: 30 }),
    /** For how long entities of our locations are orphans until they are removed; never by default. */
    removeOrphansAfter: days().optional(),
    /** How many entities one clean-up changes at most, over all sources. */
    maxChanges: wholeNumber(1).prefault(100),
  }),
);

/** Times are in days. */
export type CleanUpSettings = z.output<typeof cleanUp>;
