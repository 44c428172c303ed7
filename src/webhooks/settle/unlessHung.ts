import { unlessAborted } from '../../model/unlessAborted';
import { withSignals } from './withSignals';

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
    signal => unlessAborted(statement(), signal),
  );
}
