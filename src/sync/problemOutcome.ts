import type { Problem, ProblemOutcome } from '../model/problem';
import type { ObservedRecord } from './planTypes';

/**
 * What a run over the list found. A record that was not mapped again keeps the
 * problems that it has, as does one that an incomplete list lacks.
 */
export function problemsOfList(options: {
  found: Problem[];
  observed: ObservedRecord[];
  complete: boolean;
}): ProblemOutcome {
  const { found, observed, complete } = options;
  const known = new Map(
    observed.map(record => [record.recordId, record.outcome.type]),
  );
  return {
    found,
    judged: recordId => {
      if (recordId === undefined) {
        return true;
      }
      const outcome = known.get(recordId);
      return outcome === undefined ? complete : outcome !== 'unchanged';
    },
  };
}
