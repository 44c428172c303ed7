import { withSignals } from './withSignals';

/** Begins what is due, and tells when that has ended; undefined where nothing is. */
export type LoopStep = (
  signal: AbortSignal,
) => Promise<{ ended: Promise<void> } | undefined>;

/**
 * Repeats a step while there is something to do, and resolves when all that
 * was begun has ended. One loop at a time: a call while it runs joins it, and
 * has it look again.
 */
export function createLoop(options: {
  step: LoopStep;
  /** Whether more may be begun beside what goes on; asked again at each call, and when something has ended. */
  hasRoom: () => boolean;
}): (signal: AbortSignal) => Promise<void> {
  const { step, hasRoom } = options;
  const bell = createBell();
  let running: Promise<void> | undefined;
  let called = false;

  async function loop(signal: AbortSignal): Promise<void> {
    const goingOn = new Set<Promise<void>>();
    try {
      while (!signal.aborted) {
        called = false;
        const woken = bell.wait();
        const begun = hasRoom() ? await step(signal) : undefined;
        if (begun) {
          const ended = begun.ended.finally(() => {
            goingOn.delete(ended);
            bell.ring();
          });
          goingOn.add(ended);
        } else if (goingOn.size > 0) {
          await woken;
        } else if (!called) {
          return;
        }
      }
    } finally {
      if (goingOn.size > 0) {
        await Promise.all(goingOn);
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
