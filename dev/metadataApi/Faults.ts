import { setTimeout as sleep } from 'node:timers/promises';

/** Ways in which the API can be made to misbehave. */
export const FAULT_MODES = [
  'none',
  'rate-limit',
  'error',
  'empty',
  'broken-record',
  'slow',
] as const;

export type FaultMode = (typeof FAULT_MODES)[number];

export interface FaultState {
  mode: FaultMode;
  /** Seconds that a rate-limited caller is told to wait. */
  retryAfter: number;
}

const DEFAULT_RETRY_AFTER = 30;
const HOLD_MS = 120_000;

/** The switch for faults, and the brake for answers that are held back. */
export class Faults {
  #state: FaultState = { mode: 'none', retryAfter: DEFAULT_RETRY_AFTER };
  #modeChange = new AbortController();

  get state(): FaultState {
    return this.#state;
  }

  set(next: { mode: FaultMode; retryAfter?: number }): void {
    this.#state = {
      mode: next.mode,
      retryAfter: next.retryAfter ?? DEFAULT_RETRY_AFTER,
    };
    this.#modeChange.abort();
    this.#modeChange = new AbortController();
  }

  /** Resolves after two minutes, at the next change of the mode, or at `signal`. */
  async hold(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([this.#modeChange.signal, signal]);
    try {
      await sleep(HOLD_MS, undefined, { signal: ended });
    } catch (error) {
      if (!ended.aborted) {
        throw error;
      }
    }
  }
}
