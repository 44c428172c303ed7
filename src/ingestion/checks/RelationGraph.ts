import type { CycleRelation } from '../../lib/problem';
import { isAcyclic } from '../../validation/relations/isAcyclic';

export interface GraphEdge {
  type: CycleRelation;
  source: string;
  target: string;
  /** The entity of ours that has it in a field, and which; none for a relation that only the catalog tells. */
  giver?: string;
  path?: string;
}

/** Relations by where they lead away from. */
export class RelationGraph {
  readonly #edges = new Map<string, GraphEdge[]>();

  add(edges: GraphEdge[]): void {
    for (const edge of edges) {
      const known = this.#edges.get(edge.source);
      if (known) {
        known.push(edge);
      } else {
        this.#edges.set(edge.source, [edge]);
      }
    }
  }

  get isAcyclic(): boolean {
    return isAcyclic(this.#edges);
  }

  readonly edgesOf = (ref: string): GraphEdge[] => this.#edges.get(ref) ?? [];
}

/** Tells relations apart, whoever gives them. */
export function edgeKey({
  type,
  source,
  target,
}: Pick<GraphEdge, 'type' | 'source' | 'target'>): string {
  return JSON.stringify([type, source, target]);
}
