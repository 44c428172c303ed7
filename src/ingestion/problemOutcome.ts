import type { Problem, ProblemCode } from '../lib/problem';
import type { ProblemOutcome } from './database/problems';
import type { ObservedRecord } from './planTypes';

/** Found by looking at entities together, whether or not their records changed. */
const OF_THE_WHOLE: ProblemCode[] = ['owner-unknown', 'relation-cycle'];

/** What others say of entities; no run judges that. */
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
  /** Of those that are found by looking at entities together, the codes of which all were looked for. */
  judged: ProblemCode[];
}): ProblemOutcome {
  const { found, observed, wasSeen, complete, judged, isWhole } = options;
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
      if (OF_THE_CATALOG.includes(code)) {
        return false;
      }
      if (OF_THE_WHOLE.includes(code)) {
        return judged.includes(code);
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
