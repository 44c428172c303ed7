import type { LoggerService } from '@backstage/backend-plugin-api';
import type { SenderSettings } from '../config/settings';
import { unlessHung, withSignals } from '../lib/deadline';
import { createBreaker } from './createBreaker';
import { createInHand, type InHand } from './createInHand';
import { createLoop, type LoopOptions, type LoopStep } from './createLoop';
import { createTurns } from './createTurns';
import type { DeliveryStore, DeliveryTracker } from './delivery';
import { describeError } from './describeError';
import { createSecondLook } from './judge';
import type { PrepareServices } from './prepareDeliveries';
import { type ClaimProgress, processClaim } from './processClaim';
import type { SettleServices, SettleTogether } from './settleDelivery';

/** How many deliveries are claimed, and recorded, at once. */
const BATCH = 200;

/** How many deliveries a process has claimed at most; beyond a batch those that wait for a fetch. */
const MAX_OPEN = 1000;

/** How many entities a process fetches at once. */
const FETCHING = 20;

/** How many wait for that, so that the others always have room; each has its turn soon, or is put off at once. */
const WAITING_TO_FETCH = 200;

/** How many events a process publishes at once. */
const PUBLISHING = 20;

/** After how many failures in a row nothing is published for a while, and for how long. */
const PUBLISH_FAILURES = 5;
const PUBLISH_REST_MS = 5_000;

/** How long publishing the events of a batch may take. */
const PUBLISH_DEADLINE_MS = 30_000;

/** For how long what was published is gathered, to be settled together. */
const GATHER_MS = 1_000;

/**
 * How long a claim holds unless it is extended; then any replica may take the
 * delivery over. Short, since it is what a killed process costs.
 */
const LEASE_MS = 15_000;

/** How long settling one that is fetched may take, from the claim on. */
const DEADLINE_MS = 90_000;

export interface DeliveryWorkerOptions
  extends PrepareServices,
    SettleServices,
    Pick<LoopOptions, 'elapsed' | 'rest'> {
  deliveries: Pick<DeliveryStore, 'claim'>;
  /** Those that are in order; what others have sent waits for them. */
  senders: SenderSettings[];
  tracker: DeliveryTracker;
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
  /** Resolves when nothing is being recorded, or told to the catalog. */
  prepared(): Promise<void>;
}

/** Creates the worker of this process; replicas share the work through the store. */
export function createDeliveryWorker(
  options: DeliveryWorkerOptions,
): DeliveryWorker {
  const { logger } = options;
  const shutdown = options.shutdown ?? new AbortController().signal;
  const preparing = createInHand();
  const onFailure = (error: unknown) =>
    logger.warn(
      `Deliveries could not be claimed and wait for the next run: ${describeError(
        error,
      )}`,
    );
  const loop = createLoop({
    ...createClaimer({ ...options, preparing }),
    onFailure,
    elapsed: options.elapsed,
    rest: options.rest,
  });
  return {
    run: signal => withSignals({ signals: [signal, shutdown] }, loop.run),
    kick: () => {
      loop.kick(shutdown)?.catch(onFailure);
    },
    prepared: preparing.ended,
  };
}

/** Claims a batch of deliveries and begins to settle them. */
function createClaimer(
  options: DeliveryWorkerOptions & { preparing: InHand },
): {
  step: LoopStep;
  hasRoom: () => boolean;
} {
  const { deliveries, now, random = Math.random } = options;
  const progress = new Set<ClaimProgress>();
  const shared = {
    ...options,
    ...createTogether(options),
    random,
    senders: new Map(options.senders.map(each => [each.name, each])),
    leaseMs: LEASE_MS,
    deadlineMs: DEADLINE_MS,
    publishDeadlineMs: PUBLISH_DEADLINE_MS,
    gatherMs: GATHER_MS,
  };
  return {
    hasRoom: () => countOpen(progress) + BATCH <= MAX_OPEN,
    async step(signal) {
      const claim = await unlessHung(() =>
        deliveries.claim({ limit: BATCH, leaseMs: LEASE_MS, now: now() }),
      );
      if (claim.deliveries.length === 0) {
        return undefined;
      }
      const begun = await processClaim({ ...shared, claim, signal });
      progress.add(begun);
      return {
        ended: begun.settled.finally(() => progress.delete(begun)),
        isAll: claim.deliveries.length < BATCH,
      };
    },
  };
}

function createTogether(options: DeliveryWorkerOptions): SettleTogether {
  return {
    fetching: createTurns({
      count: FETCHING,
      waiting: WAITING_TO_FETCH,
      reason: 'More entities are being fetched than there was time for',
    }),
    publishing: createTurns({
      count: PUBLISHING,
      reason: 'More is being published than there was time for',
    }),
    breaker: createBreaker({
      failures: PUBLISH_FAILURES,
      restMs: PUBLISH_REST_MS,
      reason:
        'Nothing could be published of late; see whether the events backend is well',
      now: options.now,
    }),
    judgeAgain: createSecondLook(options),
  };
}

function countOpen(progress: Iterable<ClaimProgress>): number {
  let count = 0;
  for (const claim of progress) {
    count += claim.open();
  }
  return count;
}
