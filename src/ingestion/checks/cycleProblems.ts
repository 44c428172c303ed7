import type { Problem } from '../../lib/problem';
import { findCycles } from '../../validation/relations/findCycles';
import type { OutsideRelations } from './OutsideRelations';
import { edgeKey, type GraphEdge, type RelationGraph } from './RelationGraph';
import { closingEdges } from './closingEdges';
import { cycleProblem, cyclesByEdge } from './cycleProblem';
import type { RunRelations } from './loadGraph';

interface Judged {
  source: string;
  starts: Set<string>;
  mapped: RunRelations;
  outside: OutsideRelations;
  graph: RelationGraph;
}

/** By the records of the run that close a cycle, how they do. */
export async function closedCycles(
  judged: Judged,
): Promise<Map<string, Problem[]>> {
  const { source, graph } = judged;
  const recordIdOf = recordsOfRun(judged.mapped);
  const edges = await closingEdges({
    ...judged,
    isOfRun: edge => recordIdOf(edge) !== undefined,
  });
  const cycles = cyclesByEdge(
    findCycles({
      starts: edges.map(edge => edge.source),
      edgesOf: graph.edgesOf,
    }),
  );
  const found = new Map<string, Problem[]>();
  for (const edge of edges) {
    const recordId = recordIdOf(edge)!;
    const cycle = cycles.get(edgeKey(edge));
    const problems = found.get(recordId) ?? [];
    found.set(recordId, problems);
    problems.push(
      cycleProblem({ source, recordId, edge, cycle, isRejected: true }),
    );
  }
  return found;
}

/** One for each field of a record of the source that is a part of a cycle. */
export function presentCycles(judged: Judged): Problem[] {
  const { source, starts, graph, outside } = judged;
  const recordIdOfRun = recordsOfRun(judged.mapped);
  const cycles = cyclesByEdge(
    findCycles({ starts: [...starts], edgesOf: graph.edgesOf }),
  );
  const onCycles = new Set([...cycles.values()].flatMap(({ refs }) => refs));
  return [...onCycles].flatMap(ref =>
    graph.edgesOf(ref).flatMap(edge => {
      const cycle = cycles.get(edgeKey(edge));
      const recordId =
        recordIdOfRun(edge) ?? outside.get(edge.giver ?? '')?.recordId;
      return cycle && recordId !== undefined
        ? cycleProblem({ source, recordId, edge, cycle, isRejected: false })
        : [];
    }),
  );
}

function recordsOfRun({ entities }: RunRelations) {
  const recordIds = new Map(
    entities.map(({ entityRef, recordId }) => [entityRef, recordId]),
  );
  return ({ giver = '' }: GraphEdge) => recordIds.get(giver);
}
