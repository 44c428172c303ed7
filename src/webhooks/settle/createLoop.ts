import { withSignals } from './withSignals';

/** Begins what is due, and tells when that has ended; undefined where nothing is. */
export type LoopStep = (
  signal: AbortSignal,
) => Promise<{ ended: Promise<void> } | undefined>;

/** Repeats a step while there is something to do; one loop at a time. */
export interface Loop {
  /**
   * Has a loop look again, or begins one: then how that ends. Nothing is kept
   * of a call while a loop runs, however many there are.
   */
  kick(signal: AbortSignal): Promise<void> | undefined;
  /** The same, and resolves when all that was begun has ended, be it of a loop that was running. */
  run(signal: AbortSignal): Promise<void>;
}

export function createLoop(options: {
  step: LoopStep;
  /** Whether more may be begun beside what goes on; asked again at each call, and when something has ended. */
  hasRoom: () => boolean;
}): Loop {
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

  function kick(signal: AbortSignal): Promise<void> | undefined {
    if (signal.aborted) {
      return undefined;
    }
    called = true;
    bell.ring();
    if (running) {
      return undefined;
    }
    running = withSignals({ signals: [signal] }, loop);
    return running;
  }

  return {
    kick,
    async run(signal) {
      if (!signal.aborted) {
        kick(signal);
        await running;
      }
    },
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
