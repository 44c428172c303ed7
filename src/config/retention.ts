import { block } from './containers';
import { milliseconds } from './durations';
import type { RetentionSettings } from './settings';

const DAY = 86_400_000;
const HUNDRED_YEARS = 36_525 * DAY;

export const DEFAULT_RETENTION: RetentionSettings = {
  deliveriesMs: 30 * DAY,
  runsMs: 30 * DAY,
  deploymentsMs: 365 * DAY,
};

/** While something is wrong with what was set: nothing is deleted on a guess. */
export const KEEP_ALL: RetentionSettings = {
  deliveriesMs: HUNDRED_YEARS,
  runsMs: HUNDRED_YEARS,
  deploymentsMs: HUNDRED_YEARS,
};

const kept = (min: number) => milliseconds({ min, max: HUNDRED_YEARS });

/** How long things are kept. */
export const retention = block({
  // A repeat is known by the delivery that it repeats.
  deliveries: kept(7 * DAY).default(DEFAULT_RETENTION.deliveriesMs),
  runs: kept(DAY).default(DEFAULT_RETENTION.runsMs),
  deployments: kept(DAY).default(DEFAULT_RETENTION.deploymentsMs),
}).transform(
  ({ deliveries, runs, deployments }): RetentionSettings => ({
    deliveriesMs: deliveries,
    runsMs: runs,
    deploymentsMs: deployments,
  }),
);
