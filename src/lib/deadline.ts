import { setMaxListeners } from 'node:events';
import { abortable } from './abort';

/** Resolves with a promise, and after so long at the latest; the promise goes on. */
export async function atMost(
  ms: number,
  promise: Promise<unknown>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms).unref();
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs something with a signal that aborts with any of those given, and after
 * the deadline at the latest. Unlike `AbortSignal.any` it leaves nothing
 * behind on signals that live as long as the process.
 */
export async function withSignals<T>(
  options: {
    signals: AbortSignal[];
    deadlineMs?: number;
    /** What the error of the deadline says. */
    reason?: string;
  },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signals, deadlineMs } = options;
  const { reason = `Took over ${deadlineMs} ms` } = options;
  const controller = new AbortController();
  // As many listen to it as there are deliveries, none longer than it lives.
  setMaxListeners(Infinity, controller.signal);
  const abort = () => controller.abort();
  const timer =
    deadlineMs === undefined
      ? undefined
      : setTimeout(
          () => controller.abort(new Error(reason)),
          deadlineMs,
        ).unref();
  signals.forEach(signal => signal.addEventListener('abort', abort));
  if (signals.some(signal => signal.aborted)) {
    abort();
  }
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signals.forEach(signal => signal.removeEventListener('abort', abort));
  }
}

/** How long the database may take for a statement. */
const DEADLINE_MS = 30_000;

/**
 * What the database answers to a statement, or an error in good time: it may
 * hang for good, and whoever waited for it with it. The statement goes on, and
 * may take effect later.
 */
export function unlessHung<T>(statement: () => Promise<T>): Promise<T> {
  return withSignals(
    {
      signals: [],
      deadlineMs: DEADLINE_MS,
      reason: `The database did not answer within ${
        DEADLINE_MS / 1000
      } seconds; see whether it is well`,
    },
    signal => abortable(statement(), signal),
  );
}

/** How long what is aborted may take to end. */
const MOMENT_MS = 2_000;

/**
 * What a promise gives, or the signal's reason where it does not end within a
 * moment after that. Without the moment, all that waits for its turn with the
 * same deadline would begin in vain, one after the other.
 */
export async function endInTime<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await abortable(promise, signal);
  } catch (error) {
    if (signal.aborted) {
      // What it says itself says more.
      await atMost(MOMENT_MS, promise);
    }
    throw error;
  }
}
