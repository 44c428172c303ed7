import type { Problem, ProblemCode } from '../lib/problem';
import type { ProblemOutcome } from './database/problems';
import type { ObservedRecord } from './planTypes';

/** What the catalog says of entities; no run finds that. */
const OF_THE_CATALOG: ProblemCode[] = ['catalog-error', 'catalog-conflict'];

/**
 * What a run over the list found. A record that was not mapped again keeps the
 * problems that it has, as does one that an incomplete list lacks.
 */
export function problemsOfList(options: {
  found: Problem[];
  observed: ObservedRecord[];
  /** Whether the list had a record that is stored. */
  wasSeen: (recordId: string) => boolean;
  complete: boolean;
  /** Whether every record of the list was mapped. */
  isWhole: boolean;
}): ProblemOutcome {
  const { found, observed, wasSeen, complete, isWhole } = options;
  const known = new Map(
    observed.map(record => [record.recordId, record.outcome.type]),
  );
  const isJudged = (recordId: string) => {
    const outcome = known.get(recordId);
    return outcome ? outcome !== 'unchanged' : complete && !wasSeen(recordId);
  };
  return {
    found,
    isWhole,
    judged: ({ code, recordId }) => {
      if (OF_THE_CATALOG.includes(code) || code === 'owner-unknown') {
        return false;
      }
      if (code === 'relation-cycle') {
        return true;
      }
      return recordId === undefined || isJudged(recordId);
    },
  };
}

/** What a run over a single record found in that. */
export function problemsOfRecord(options: {
  found: Problem[];
  recordId: string;
}): ProblemOutcome {
  const { found, recordId } = options;
  return {
    found,
    judged: problem =>
      problem.recordId === recordId && !OF_THE_CATALOG.includes(problem.code),
  };
}
