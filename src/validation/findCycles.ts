import {
  CYCLE_RELATIONS,
  type Problem,
  type RelationEdge,
} from '../lib/problem';
import { fieldPath } from '../lib/values';

/** A relation. The catalog does not tell which entity gives it, nor in which field. */
export type Edge = Pick<RelationEdge, 'type' | 'source' | 'target'> &
  Partial<RelationEdge>;

/** The relations that are part of a cycle of relations of one type. */
export function edgesOnCycles(edges: Edge[]): Edge[] {
  return CYCLE_RELATIONS.flatMap(type => {
    const ofType = edges.filter(edge => edge.type === type);
    const nodes = toNodes(ofType);
    findComponents(nodes.values());
    return ofType.filter(
      ({ source, target }) =>
        nodes.get(source)!.component === nodes.get(target)!.component,
    );
  });
}

interface Node {
  targets: Node[];
  /** How many of the targets were visited. */
  visited: number;
  /** In the order in which nodes are reached; undefined before that. */
  index?: number;
  /** The smallest index that the node is known to reach. */
  low: number;
  component?: number;
}

function toNodes(edges: Edge[]): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const nodeOf = (ref: string) => {
    const node = nodes.get(ref) ?? { targets: [], visited: 0, low: 0 };
    nodes.set(ref, node);
    return node;
  };
  for (const { source, target } of edges) {
    nodeOf(source).targets.push(nodeOf(target));
  }
  return nodes;
}

/**
 * Finds the strongly connected components: two nodes get the same component if
 * and only if each reaches the other. Tarjan's algorithm (1972) in linear time,
 * without recursion, since a chain of relations may be longer than the call
 * stack.
 */
function findComponents(nodes: Iterable<Node>): void {
  const path: Node[] = [];
  const withoutComponent: Node[] = [];
  let count = 0;
  const enter = (node: Node) => {
    node.index = count++;
    node.low = node.index;
    path.push(node);
    withoutComponent.push(node);
  };
  const visit = (node: Node, target: Node) => {
    if (target.index === undefined) {
      enter(target);
    } else if (target.component === undefined) {
      node.low = Math.min(node.low, target.index);
    }
  };
  const leave = (node: Node) => {
    path.pop();
    const parent = path.at(-1);
    if (parent) {
      parent.low = Math.min(parent.low, node.low);
    }
    if (node.low === node.index) {
      const first = withoutComponent.lastIndexOf(node);
      for (const member of withoutComponent.splice(first)) {
        member.component = node.index;
      }
    }
  };
  for (const start of nodes) {
    if (start.index === undefined) {
      enter(start);
    }
    for (let node = path.at(-1); node; node = path.at(-1)) {
      if (node.visited < node.targets.length) {
        visit(node, node.targets[node.visited++]);
      } else {
        leave(node);
      }
    }
  }
}

const MAX_SEARCHES = 100;

/**
 * The refs of a shortest cycle for each of some relations, by their `edgeKey`;
 * the smallest ref comes first. One search names all relations of the cycle that
 * it finds. After 100 searches the other relations stay without a cycle.
 */
export function shortestCycles(
  edges: Edge[],
  onCycles: Edge[],
): Map<string, string[]> {
  const cycles = new Map<string, string[]>();
  let searches = 0;
  for (const type of CYCLE_RELATIONS) {
    const graph = targetsBySource(onCycles.filter(edge => edge.type === type));
    for (const edge of edges) {
      if (edge.type === type && !cycles.has(edgeKey(edge))) {
        if (searches++ === MAX_SEARCHES) {
          return cycles;
        }
        const refs = shortestPath(edge.target, edge.source, graph);
        const cycle = fromSmallest(refs);
        refs.forEach((source, index) => {
          const target = refs[(index + 1) % refs.length];
          cycles.set(edgeKey({ type, source, target }), cycle);
        });
      }
    }
  }
  return cycles;
}

/** Equal for the same relation, whichever entity gives it. */
export function edgeKey({ type, source, target }: Edge): string {
  return JSON.stringify([type, source, target]);
}

function targetsBySource(edges: Edge[]): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  for (const { source, target } of edges) {
    const known = targets.get(source);
    if (known) {
      known.push(target);
    } else {
      targets.set(source, [target]);
    }
  }
  return targets;
}

/** Both ends are included. There is a path, since the ends are on a cycle. */
function shortestPath(
  from: string,
  to: string,
  graph: ReadonlyMap<string, string[]>,
): string[] {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const queue = [from];
  for (const ref of queue) {
    if (ref === to) {
      break;
    }
    for (const target of graph.get(ref) ?? []) {
      if (!cameFrom.has(target)) {
        cameFrom.set(target, ref);
        queue.push(target);
      }
    }
  }
  const path: string[] = [];
  for (let ref: string | undefined = to; ref !== undefined; ) {
    path.push(ref);
    ref = cameFrom.get(ref);
  }
  return path.reverse();
}

function fromSmallest(refs: string[]): string[] {
  const smallest = refs.reduce((a, b) => (b < a ? b : a));
  const index = refs.indexOf(smallest);
  return [...refs.slice(index), ...refs.slice(0, index)];
}

/** Says that a record gives a relation which is part of a cycle. */
export function cycleProblem(options: {
  source: string;
  recordId: string;
  edge: RelationEdge;
  /** Undefined where no cycle was searched for. */
  cycle?: string[];
  severity: Problem['severity'];
}): Problem {
  const { source, recordId, edge, cycle, severity } = options;
  const { type, giver: entityRef, field, index } = edge;
  const whole = fieldPath('spec', field);
  const path = index === undefined ? whole : fieldPath(whole, index);
  const way = cycle
    ? describeCycle(cycle)
    : `from ${edge.source} to ${edge.target} and back`;
  const advice =
    severity === 'error'
      ? 'the record keeps its last good version until one of these relations is removed'
      : 'remove one of these relations';
  return {
    code: 'relation-cycle',
    severity,
    recordId,
    entityRef,
    path,
    message: `Record "${recordId}" of source "${source}": ${path} of "${entityRef}" is part of a cycle: ${way} (${type}); ${advice}`,
  };
}

const MAX_SHOWN_REFS = 50;

/** The refs of a cycle, in its order. */
export function describeCycle(refs: string[]): string {
  const hidden = refs.length - MAX_SHOWN_REFS;
  const shown =
    hidden > 0
      ? [...refs.slice(0, MAX_SHOWN_REFS), `… ${hidden} more …`]
      : refs;
  return [...shown, refs[0]].join(' -> ');
}
