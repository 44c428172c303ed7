import { CYCLE_RELATIONS } from '../../lib/problem';
import { onCycles, targetsOf } from '../../validation/relations/findCycles';
import type { OutsideRelations } from './OutsideRelations';
import { edgeKey, type GraphEdge, type RelationGraph } from './RelationGraph';

/**
 * The relations by which a run closes cycles: those that lie on one, that an
 * entity of the run gives, and that were not there before.
 */
export async function closingEdges(options: {
  graph: RelationGraph;
  starts: Set<string>;
  isOfRun: (edge: GraphEdge) => boolean;
  /** As it was before the run. */
  outside: OutsideRelations;
}): Promise<GraphEdge[]> {
  const { graph, starts, isOfRun, outside } = options;
  const candidates = CYCLE_RELATIONS.flatMap(type => {
    const next = onCycles(starts, ref => targetsOf(graph.edgesOf(ref), type));
    return [...starts].flatMap(source => {
      const targets = new Set(next(source));
      return targets.size
        ? graph
            .edgesOf(source)
            .filter(
              edge =>
                edge.type === type && targets.has(edge.target) && isOfRun(edge),
            )
        : [];
    });
  });
  const ends = candidates.flatMap(({ source, target }) => [source, target]);
  await outside.readAll(ends);
  const before = new Set(
    ends.flatMap(ref => outside.get(ref)?.edges ?? []).map(edgeKey),
  );
  return candidates.filter(edge => !before.has(edgeKey(edge)));
}
