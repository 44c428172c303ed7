import type { Problem } from '../../lib/problem';
import type { Cycle } from '../../validation/relations/findCycles';
import { edgeKey, type GraphEdge } from './RelationGraph';

const MOST_REFS = 50;

/** Cycles by each of the relations that they are made of. */
export function cyclesByEdge(cycles: Cycle[]): Map<string, Cycle> {
  const byEdge = new Map<string, Cycle>();
  for (const cycle of cycles) {
    const { type, refs } = cycle;
    refs.forEach((source, index) => {
      const target = refs[(index + 1) % refs.length];
      byEdge.set(edgeKey({ type, source, target }), cycle);
    });
  }
  return byEdge;
}

/** That a record gives a relation which lies on a cycle. */
export function cycleProblem(options: {
  source: string;
  recordId: string;
  edge: GraphEdge;
  /** Undefined where there are too many to look for each. */
  cycle?: Cycle;
  isRejected: boolean;
}): Problem {
  const { source, recordId, edge, cycle, isRejected } = options;
  const { type, giver: entityRef, path } = edge;
  const way = cycle
    ? `: ${describe(cycle)}`
    : `, from ${edge.source} to ${edge.target} and back (${type})`;
  const advice = isRejected
    ? '; the record keeps its last good version until one of these relations is taken out'
    : '; take one of these relations out';
  return {
    code: 'relation-cycle',
    severity: isRejected ? 'error' : 'warning',
    recordId,
    entityRef,
    path,
    message: `Record "${recordId}" of source "${source}": ${path} of ${entityRef} is part of a cycle${way}${advice}`,
  };
}

function describe({ type, refs }: Cycle): string {
  const round = [...refs, refs[0]];
  const beyond = round.length - MOST_REFS;
  const shown =
    beyond > 0
      ? [
          ...round.slice(0, MOST_REFS - 1),
          `… ${beyond} more …`,
          ...round.slice(-1),
        ]
      : round;
  return `${shown.join(' -> ')} (${type})`;
}
