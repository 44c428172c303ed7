import { CYCLE_RELATIONS, type CycleRelation } from '../../lib/problem';
import { components } from './components';
import { shortestPath } from './shortestPath';

const MOST_CYCLES = 100;

/** Relations of one type that lead from each ref to the next, and from the last to the first. */
export interface Cycle {
  type: CycleRelation;
  /** Begins with the smallest. */
  refs: string[];
}

export type EdgesOf = (
  ref: string,
) => ReadonlyArray<{ type: CycleRelation; target: string }>;

/**
 * Cycles that pass through a start, each once and as short as can be. Where a
 * relation that leads away from a start lies on a cycle, it lies on one of
 * these. There may be more ways round, since their number grows exponentially.
 */
export function findCycles(options: {
  starts: string[];
  edgesOf: EdgesOf;
  /** How many to look for. */
  limit?: number;
}): Cycle[] {
  const { starts, edgesOf, limit = MOST_CYCLES } = options;
  const cycles: Cycle[] = [];
  for (const type of CYCLE_RELATIONS) {
    const covered = new Set<string>();
    const all = (ref: string) => targetsOf(edgesOf(ref), type);
    const related = starts.filter(ref => all(ref).length);
    const next = onCycles(related, all);
    for (const [source, target] of edgesFrom(related, next)) {
      if (cycles.length === limit) {
        return cycles;
      }
      if (!covered.has(pair(source, target))) {
        const refs = fromSmallest(shortestPath(target, source, next) ?? []);
        refs.forEach((ref, index) =>
          covered.add(pair(ref, refs[(index + 1) % refs.length])),
        );
        cycles.push({ type, refs });
      }
    }
  }
  return cycles;
}

/** Of what leads on, only what lies on a cycle: just where the ends reach each other. */
export function onCycles(
  starts: Iterable<string>,
  next: (ref: string) => string[],
): (ref: string) => string[] {
  const componentOf = components(starts, next);
  return ref => {
    const component = componentOf(ref);
    return component === undefined
      ? []
      : next(ref).filter(target => componentOf(target) === component);
  };
}

export function targetsOf(
  edges: ReturnType<EdgesOf>,
  type: CycleRelation,
): string[] {
  return edges.filter(edge => edge.type === type).map(({ target }) => target);
}

function edgesFrom(
  starts: string[],
  next: (ref: string) => string[],
): Array<[source: string, target: string]> {
  return [...new Set(starts)].flatMap(source =>
    next(source).map((target): [string, string] => [source, target]),
  );
}

function pair(source: string, target: string): string {
  return JSON.stringify([source, target]);
}

function fromSmallest(refs: string[]): string[] {
  const smallest = refs.reduce((a, b) => (b < a ? b : a), refs[0]);
  const index = refs.indexOf(smallest);
  return [...refs.slice(index), ...refs.slice(0, index)];
}
