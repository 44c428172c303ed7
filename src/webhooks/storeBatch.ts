import { ServiceUnavailableError, toError } from '@backstage/errors';
import type {
  AcceptedDelivery,
  DeliveryStore,
  NewDelivery,
} from '../deliveries/delivery';
import type { HangGuard } from './createHangGuard';

/** How many deliveries go into one statement, and of what size together unless it is one. */
const MAX_BATCH = 200;
const MAX_BATCH_BYTES = 8_000_000;

const TOO_LATE = 'The database did not answer in time';

/** A delivery that waits to be stored. */
export interface Entry {
  delivery: NewDelivery;
  bytes: number;
  /** Milliseconds since 1970. */
  expiresAt: number;
  answer: (outcome: AcceptedDelivery | Error) => void;
}

interface Storing {
  store: Pick<DeliveryStore, 'acceptAll'>;
  now: () => Date;
  deadlineMs: number;
  guard: HangGuard;
  batch: Entry[];
  /** Called when nothing refers to the deliveries any more. */
  release: (batch: Entry[]) => void;
}

/** What a delivery takes up, nearly: its payload, and what belongs to it. */
export function sizeOf({ payload }: NewDelivery): number {
  return payload.length + 1_000;
}

/** Takes what goes into the next statement off the front. */
export function takeBatch(waiting: Entry[]): Entry[] {
  let count = 0;
  let bytes = 0;
  while (count < Math.min(waiting.length, MAX_BATCH)) {
    bytes += waiting[count].bytes;
    if (count > 0 && bytes > MAX_BATCH_BYTES) {
      break;
    }
    count++;
  }
  return waiting.splice(0, count);
}

/** Gives up those at the front, which came first; returns them. */
export function giveUp(
  entries: Entry[],
  time: number,
  reason = TOO_LATE,
): Entry[] {
  const first = entries.findIndex(({ expiresAt }) => expiresAt > time);
  const late = entries.splice(0, first < 0 ? entries.length : first);
  late.forEach(({ answer }) => answer(new ServiceUnavailableError(reason)));
  return late;
}

/** Resolves when each of a batch has its answer, be it that its time is over. */
export function storeBatch(options: Storing): Promise<void> {
  const { now, deadlineMs, guard, batch, release } = options;
  const unanswered = [...batch];
  return new Promise(resolve => {
    let timer: NodeJS.Timeout | undefined;
    const giveUpLate = () => {
      const time = now().getTime();
      giveUp(unanswered, time);
      if (unanswered.length === 0) {
        guard.abandoned();
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
      release(batch);
      if (unanswered.length === 0) {
        guard.ended();
      } else {
        guard.answered();
      }
      resolve();
    });
  });
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
