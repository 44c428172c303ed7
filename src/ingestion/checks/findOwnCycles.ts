import type { SourceSettings } from '../../config/source';
import type { Problem, RelationEdge } from '../../lib/problem';
import {
  cycleProblem,
  type Edge,
  edgeKey,
  edgesOnCycles,
  shortestCycles,
} from '../../validation/findCycles';
import type { ObservedRecord } from '../mapRecord';
import { type CycleOutcome, reject } from './checkCycles';

/** As `checkCycles`, of a list alone: nothing is stored, and the catalog has nothing. */
export function findOwnCycles(
  observed: ObservedRecord[],
  { name: source, cycles }: Pick<SourceSettings, 'name' | 'cycles'>,
): CycleOutcome {
  if (cycles === 'ignore') {
    return { observed, problems: [] };
  }
  const recordIds = new Map<Edge, string>();
  for (const { recordId, outcome } of observed) {
    const given = outcome.type === 'mapped' ? outcome.contributions : [];
    given
      .flatMap(({ edges = [] }) => edges)
      .forEach(edge => recordIds.set(edge, recordId));
  }
  const onCycles = edgesOnCycles([...recordIds.keys()]);
  const shortest = shortestCycles(onCycles, onCycles);
  const problems = onCycles.map(edge =>
    cycleProblem({
      source,
      recordId: recordIds.get(edge)!,
      edge: edge as RelationEdge,
      cycle: shortest.get(edgeKey(edge)),
      severity: cycles === 'reject' ? 'error' : 'warning',
    }),
  );
  return cycles === 'reject'
    ? { observed: rejectAll(observed, problems), problems: [] }
    : { observed, problems };
}

function rejectAll(
  observed: ObservedRecord[],
  problems: Problem[],
): ObservedRecord[] {
  const byRecord = new Map<string, Problem[]>();
  for (const problem of problems) {
    const id = problem.recordId!;
    byRecord.set(id, [...(byRecord.get(id) ?? []), problem]);
  }
  return observed.map(record => reject(record, byRecord.get(record.recordId)));
}
