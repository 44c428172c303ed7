import { ServiceUnavailableError } from '@backstage/errors';
import type {
  AcceptedDelivery,
  DeliveryStore,
  NewDelivery,
} from '../deliveries/delivery';
import { createHangGuard } from './createHangGuard';
import {
  type Entry,
  giveUp,
  sizeOf,
  storeBatch,
  takeBatch,
} from './storeBatch';

const STOPPING = 'The backend is stopping';
const TOO_MANY = 'Too many deliveries wait to be stored';
const HANGING = 'The database does not answer';

export interface IntakeOptions {
  store: Pick<DeliveryStore, 'acceptAll'>;
  now: () => Date;
  /** How long storing may take, from when a delivery came; 10 seconds by default. */
  deadlineMs?: number;
  /** How many deliveries may wait; 2000 by default. */
  maxWaiting?: number;
  /** How much may be held in memory until it is stored, statements that were given up included; 64 MB by default. */
  maxBytes?: number;
}

/** Stores deliveries, many at once. */
export interface Intake {
  /** Resolves once it is stored. Where it rejects, nothing may be acknowledged. */
  accept(delivery: NewDelivery): Promise<AcceptedDelivery>;
  /** Takes no more, and resolves when all that it took is stored, or given up. */
  drain(): Promise<void>;
}

/**
 * Collects the deliveries that arrive while a statement is under way into the
 * next one, so that none waits for company: alone it goes at once. One that
 * took too long is given up, and the next statement no longer waits for it;
 * if it is stored after all, a repeat of it finds it. While several statements
 * hang, all but a try once in a while are refused at once.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { now, deadlineMs = 10_000 } = options;
  const { maxWaiting = 2_000, maxBytes = 64_000_000 } = options;
  const guard = createHangGuard({ waitMs: deadlineMs, now });
  const waiting: Entry[] = [];
  let heldBytes = 0;
  let draining = false;
  let running: Promise<void> | undefined;

  const release = (entries: Entry[]) => {
    heldBytes = entries.reduce((sum, { bytes }) => sum - bytes, heldBytes);
  };

  async function run(): Promise<void> {
    // What has arrived at the same time as the first goes along with it.
    await new Promise(resolve => setImmediate(resolve));
    while (waiting.length > 0) {
      // As many as fill a statement may have come at the same time.
      release(giveUp(waiting, now().getTime()));
      const batch = takeBatch(waiting);
      if (batch.length > 0) {
        await storeBatch({ ...options, deadlineMs, guard, batch, release });
      }
      if (guard.hangs()) {
        release(giveUp(waiting, Infinity, HANGING));
      }
    }
    running = undefined;
  }

  /** Why no more can be taken. */
  function refusal(bytes: number): string | undefined {
    if (draining) {
      return STOPPING;
    }
    if (waiting.length >= maxWaiting || heldBytes + bytes > maxBytes) {
      return TOO_MANY;
    }
    return guard.admits() ? undefined : HANGING;
  }

  return {
    accept: delivery =>
      new Promise((resolve, reject) => {
        const bytes = sizeOf(delivery);
        const reason = refusal(bytes);
        if (reason) {
          reject(new ServiceUnavailableError(reason));
          return;
        }
        heldBytes += bytes;
        waiting.push({
          delivery,
          bytes,
          expiresAt: now().getTime() + deadlineMs,
          answer: outcome =>
            outcome instanceof Error ? reject(outcome) : resolve(outcome),
        });
        running ??= run();
      }),
    drain: async () => {
      draining = true;
      await running;
    },
  };
}
