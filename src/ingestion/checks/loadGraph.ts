import type { OutsideRelations } from './OutsideRelations';
import { RelationGraph } from './RelationGraph';
import type { MappedEntity } from './mappedEntities';

/** What a run has mapped, and what it found gone. */
export interface RunRelations {
  records: ReadonlySet<string>;
  /** With the relations that each gives. */
  entities: Array<MappedEntity>;
}

/**
 * All relations on the ways from some refs: those of the run's entities, and
 * beyond these what was there before, a query for each step further away.
 */
export async function loadGraph(options: {
  starts: Iterable<string>;
  mapped: RunRelations;
  outside: OutsideRelations;
  signal: AbortSignal;
}): Promise<RelationGraph> {
  const { starts, mapped, outside, signal } = options;
  const graph = new RelationGraph();
  const inRun = new Set(mapped.entities.map(({ entityRef }) => entityRef));
  mapped.entities.forEach(({ edges }) => graph.add(edges));

  const seen = new Set<string>();
  let front = new Set<string>();
  const approach = (ref: string) => {
    if (!inRun.has(ref) && !seen.has(ref)) {
      seen.add(ref);
      front.add(ref);
    }
  };
  for (const ref of starts) {
    approach(ref);
  }
  for (const { edges } of mapped.entities) {
    edges.forEach(({ target }) => approach(target));
  }
  while (front.size > 0) {
    signal.throwIfAborted();
    const reached = [...front];
    front = new Set();
    await outside.read(reached);
    for (const ref of reached) {
      const entity = outside.get(ref);
      // What its record gave before and does not give any more is about to go.
      if (entity && !mapped.records.has(entity.recordId ?? '')) {
        graph.add(entity.edges);
        entity.edges.forEach(({ target }) => approach(target));
      }
    }
  }
  return graph;
}
