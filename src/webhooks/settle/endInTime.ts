import { unlessAborted } from '../../model/unlessAborted';
import { atMost } from '../atMost';

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
    return await unlessAborted(promise, signal);
  } catch (error) {
    if (signal.aborted) {
      // What it says itself says more.
      await atMost(MOMENT_MS, promise);
    }
    throw error;
  }
}
