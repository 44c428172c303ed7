import type { LoggerService } from '@backstage/backend-plugin-api';
import type { DeliveryStore } from '../model/delivery';
import type { WebhookTracker } from '../model/sender';
import type { SenderSettings } from '../model/settings';
import { createLoop, type LoopStep } from './createLoop';
import { createSlots } from './createSlots';
import { describeError } from './describeError';
import type { PrepareServices } from './prepareDeliveries';
import { processClaim, type ClaimProgress } from './processClaim';
import type { SettleServices } from './settleDelivery';
import { withSignals } from './withSignals';

/** How many deliveries are claimed, and recorded, at once. */
const BATCH = 200;

/** How many deliveries a process has claimed at most; beyond a batch those that wait for a fetch. */
const MAX_OPEN = 1000;

/** How many entities a process fetches at once. */
const FETCHING = 20;

/** How many events a process publishes at once. */
const PUBLISHING = 20;

/**
 * How long a claim holds unless it is extended; then any replica may take the
 * delivery over. Short, since it is what a killed process costs.
 */
const LEASE_MS = 15_000;

/** How long settling may take, from the claim on. */
const DEADLINE_MS = 90_000;

export interface DeliveryWorkerOptions extends PrepareServices, SettleServices {
  deliveries: Pick<DeliveryStore, 'claim'>;
  /** Those that are in order; what others have sent waits for them. */
  senders: SenderSettings[];
  tracker: Pick<WebhookTracker, 'settled'>;
  logger: LoggerService;
  now: () => Date;
  /** A number from 0 to 1, for the jitter of retries. */
  random?: () => number;
  /** Stops what `kick` started. */
  shutdown?: AbortSignal;
}

/** Settles deliveries that are due. */
export interface DeliveryWorker {
  /** Looks for deliveries soon, now that there is one. */
  kick(): void;
  /** Settles what is due, and resolves when nothing is left. Joins a run that is going on. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the worker of this process; replicas share the work through the store. */
export function createDeliveryWorker(
  options: DeliveryWorkerOptions,
): DeliveryWorker {
  const { logger } = options;
  const shutdown = options.shutdown ?? new AbortController().signal;
  const settleDue = createLoop(createClaimer(options));
  return {
    run: signal => withSignals({ signals: [signal, shutdown] }, settleDue),
    kick: () => {
      settleDue(shutdown).catch(error =>
        logger.warn(
          `Deliveries could not be claimed and wait for the next run: ${describeError(
            error,
          )}`,
        ),
      );
    },
  };
}

/** Claims a batch of deliveries and begins to settle them. */
function createClaimer(options: DeliveryWorkerOptions): {
  step: LoopStep;
  hasRoom: () => boolean;
} {
  const { deliveries, now, random = Math.random } = options;
  const progress = new Set<ClaimProgress>();
  const shared = {
    ...options,
    random,
    senders: new Map(options.senders.map(each => [each.name, each])),
    fetching: createSlots(FETCHING),
    publishing: createSlots(PUBLISHING),
    leaseMs: LEASE_MS,
    deadlineMs: DEADLINE_MS,
  };
  return {
    hasRoom: () => countOpen(progress) + BATCH <= MAX_OPEN,
    async step(signal) {
      const claim = await deliveries.claim({
        limit: BATCH,
        leaseMs: LEASE_MS,
        now: now(),
      });
      if (claim.deliveries.length === 0) {
        return undefined;
      }
      const begun = await processClaim({ ...shared, claim, signal });
      progress.add(begun);
      return { ended: begun.settled.finally(() => progress.delete(begun)) };
    },
  };
}

function countOpen(progress: Iterable<ClaimProgress>): number {
  let count = 0;
  for (const claim of progress) {
    count += claim.open();
  }
  return count;
}
