import { ServiceUnavailableError, toError } from '@backstage/errors';
import type {
  AcceptedDelivery,
  DeliveryStore,
  NewDelivery,
} from '../model/delivery';

/** How many deliveries go into one statement. */
const MAX_BATCH = 200;

const STOPPING = 'The backend is stopping';
const TOO_MANY = 'Too many deliveries wait to be stored';
const TOO_LATE = 'The database did not answer in time';

export interface IntakeOptions {
  store: Pick<DeliveryStore, 'acceptAll'>;
  now: () => Date;
  /** How long storing may take, from when a delivery came; 10 seconds by default. */
  deadlineMs?: number;
  /** How many deliveries may wait; 2000 by default. */
  maxWaiting?: number;
}

/** Stores deliveries, many at once. */
export interface Intake {
  /** Resolves once it is stored. Where it rejects, nothing may be acknowledged. */
  accept(delivery: NewDelivery): Promise<AcceptedDelivery>;
  /** Takes no more, and resolves when all that it took is stored, or given up. */
  drain(): Promise<void>;
}

interface Entry {
  delivery: NewDelivery;
  /** Milliseconds since 1970. */
  expiresAt: number;
  answer: (outcome: AcceptedDelivery | Error) => void;
}

/**
 * Collects the deliveries that arrive while a statement is under way into the
 * next one, so that none waits for company: alone it goes at once. One that
 * took too long is given up, and the next statement no longer waits for it;
 * if it is stored after all, a repeat of it finds it.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { now, deadlineMs = 10_000, maxWaiting = 2_000 } = options;
  const waiting: Entry[] = [];
  let draining = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // What has arrived at the same time as the first goes along with it.
    await new Promise(resolve => setImmediate(resolve));
    while (waiting.length > 0) {
      // As many as fill a statement may have come at the same time.
      giveUp(waiting, now().getTime());
      const batch = waiting.splice(0, MAX_BATCH);
      if (batch.length > 0) {
        await storeInTime({ ...options, deadlineMs, batch });
      }
    }
    running = undefined;
  }

  return {
    accept: delivery =>
      new Promise((resolve, reject) => {
        if (draining || waiting.length >= maxWaiting) {
          reject(new ServiceUnavailableError(draining ? STOPPING : TOO_MANY));
          return;
        }
        waiting.push({
          delivery,
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

interface Storing {
  store: IntakeOptions['store'];
  now: () => Date;
  deadlineMs: number;
  batch: Entry[];
}

/** Resolves when each of a batch has its answer, be it that its time is over. */
function storeInTime(options: Storing): Promise<void> {
  const { now, deadlineMs, batch } = options;
  const unanswered = [...batch];
  return new Promise(resolve => {
    let timer: NodeJS.Timeout | undefined;
    const giveUpLate = () => {
      const time = now().getTime();
      giveUp(unanswered, time);
      if (unanswered.length === 0) {
        resolve();
        return;
      }
      timer = setTimeout(
        giveUpLate,
        Math.min(unanswered[0].expiresAt - time, deadlineMs),
      );
    };
    giveUpLate();
    store(options).then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Gives up those at the front, which came first. */
function giveUp(entries: Entry[], time: number): void {
  while (entries.length > 0 && entries[0].expiresAt <= time) {
    entries.shift()?.answer(new ServiceUnavailableError(TOO_LATE));
  }
}

/** What was given up meanwhile has its answer, and keeps it. */
async function store({ store: to, batch, now }: Storing): Promise<void> {
  try {
    const outcomes = await to.acceptAll(
      batch.map(({ delivery }) => delivery),
      now(),
    );
    batch.forEach(({ answer }, i) => answer(outcomes[i]));
  } catch (error) {
    batch.forEach(({ answer }) => answer(toError(error)));
  }
}
