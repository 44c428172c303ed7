import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, withSignals } from '../lib/deadline';

/** Begins what is due, and tells when that has ended, and whether it is sure to be all; undefined where nothing is due. */
export type LoopStep = (
  signal: AbortSignal,
) => Promise<{ ended: Promise<void>; isAll: boolean } | undefined>;

/**
 * Repeats a step while there is something to do; one loop at a time. While it is
 * called again and again it rests between steps: what is due then is more, and
 * costs less together, and whoever calls has the rest of the time.
 */
export interface Loop {
  /**
   * Has a loop look again, or begins one: then how that ends. Nothing is kept
   * of a call while a loop runs, however many there are.
   */
  kick(signal: AbortSignal): Promise<void> | undefined;
  /** The same, and resolves when all that was begun has ended, be it of a loop that was running. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopOptions {
  step: LoopStep;
  /** Whether more may be begun beside what goes on; asked again at each call, when something has ended, and once in a while. */
  hasRoom: () => boolean;
  /** Told of a step that failed while something goes on; it is tried again meanwhile. */
  onFailure: (error: unknown) => void;
  /** Milliseconds since any time; for tests, as is the next. */
  elapsed?: () => number;
  rest?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * For how long a loop rests that is called again and again, in terms of its last
 * step, and at most; where more is due already, no longer than that step took.
 */
const REST = 7;
const REST_BEHIND = 1;
const MAX_REST_MS = 1000;

/** After how long a loop looks again that nobody calls, while something goes on. */
const LOOK_AGAIN_MS = 5_000;

export function createLoop(options: LoopOptions): Loop {
  const { step, hasRoom, onFailure, rest = sleepUnlessAborted } = options;
  const { elapsed = () => performance.now() } = options;
  const bell = createBell();
  let running: Promise<void> | undefined;
  let called = false;

  async function begin(
    signal: AbortSignal,
    goingOn: ReadonlySet<Promise<void>>,
  ): ReturnType<LoopStep> {
    try {
      return hasRoom() ? await step(signal) : undefined;
    } catch (error) {
      if (goingOn.size === 0) {
        throw error;
      }
      onFailure(error);
      return undefined;
    }
  }

  async function loop(signal: AbortSignal): Promise<void> {
    const goingOn = new Set<Promise<void>>();
    try {
      let restMs = 0;
      while (!signal.aborted) {
        if (called && restMs > 0) {
          await rest(Math.min(restMs, MAX_REST_MS), signal);
          if (signal.aborted) {
            break;
          }
        }
        called = false;
        const woken = bell.wait();
        const since = elapsed();
        const begun = await begin(signal, goingOn);
        const isBehind = begun?.isAll === false;
        restMs = (isBehind ? REST_BEHIND : REST) * (elapsed() - since);
        if (begun) {
          const ended = begun.ended.finally(() => {
            goingOn.delete(ended);
            bell.ring();
          });
          goingOn.add(ended);
        } else if (goingOn.size > 0) {
          await atMost(LOOK_AGAIN_MS, woken);
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

function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
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
