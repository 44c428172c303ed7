import { setMaxListeners } from 'node:events';

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
