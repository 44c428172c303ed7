import { setMaxListeners } from 'node:events';
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { DeliveryStore } from '../model/delivery';
import type { SenderSettings } from '../model/settings';
import { describeError } from './describeError';
import { processClaim } from './processClaim';
import type { SettleServices } from './settleDelivery';
import { withSignals } from './withSignals';

/** How many deliveries a process settles at once. */
const CONCURRENCY = 20;

/**
 * How long a claim holds unless it is extended; then any replica may take the
 * delivery over. Short, since it is what a killed process costs.
 */
const LEASE_MS = 15_000;

/** How long settling may take. */
const DEADLINE_MS = 90_000;

export interface DeliveryWorkerOptions extends SettleServices {
  deliveries: DeliveryStore;
  senders: SenderSettings[];
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

/** Claims so many deliveries and begins to settle them. */
type Claimer = (options: {
  limit: number;
  signal: AbortSignal;
}) => Promise<Array<Promise<void>>>;

function createClaimer(options: DeliveryWorkerOptions): Claimer {
  const { deliveries, now, random = Math.random } = options;
  const senders = new Map(options.senders.map(each => [each.name, each]));
  return async ({ limit, signal }) => {
    const claims = await deliveries.claim({
      limit,
      leaseMs: LEASE_MS,
      now: now(),
    });
    return claims.map(claim =>
      processClaim({
        ...options,
        claim,
        senders,
        random,
        leaseMs: LEASE_MS,
        deadlineMs: DEADLINE_MS,
        signal,
      }),
    );
  };
}

/** One loop at a time; a call while it runs has it look for deliveries again. */
function createLoop(startDue: Claimer): (signal: AbortSignal) => Promise<void> {
  let running: Promise<void> | undefined;
  let called = false;
  const bell = createBell();

  async function loop(signal: AbortSignal): Promise<void> {
    // Each delivery listens to it.
    setMaxListeners(CONCURRENCY + 5, signal);
    const inFlight = new Set<Promise<void>>();
    try {
      while (!signal.aborted) {
        called = false;
        const woken = bell.wait();
        const limit = CONCURRENCY - inFlight.size;
        const started = limit > 0 ? await startDue({ limit, signal }) : [];
        for (const settling of started) {
          inFlight.add(settling);
          settling.finally(() => inFlight.delete(settling));
        }
        if (inFlight.size > 0) {
          await Promise.race([woken, ...inFlight]);
        } else if (!called) {
          return;
        }
      }
    } finally {
      if (inFlight.size > 0) {
        await Promise.all(inFlight);
      }
      // At once with the decision to end, so that no call comes in between.
      running = undefined;
    }
  }

  return async signal => {
    if (signal.aborted) {
      return;
    }
    called = true;
    bell.ring();
    running ??= withSignals({ signals: [signal] }, loop);
    await running;
  };
}

/** What a loop waits for, and who calls it rings. */
function createBell(): { ring(): void; wait(): Promise<void> } {
  let resolve = () => {};
  return {
    ring: () => resolve(),
    wait: () =>
      new Promise<void>(done => {
        resolve = done;
      }),
  };
}
