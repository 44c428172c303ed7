import type { CatalogRelations } from '../../database/catalogTables';
import { relationEdges } from '../../validation/relations/relationEdges';
import type { SyncStore } from '../database/SyncStore';
import type { GraphEdge } from './RelationGraph';

const MOST_REFS = 50_000;

export interface OutsideEntity {
  /** The record of the source that gives it; undefined for what is somebody else's. */
  recordId?: string;
  edges: GraphEdge[];
}

/**
 * The relations of entities that a run has not mapped: as the source gave them
 * last, or as the catalog has them. Each ref is asked for once.
 */
export class OutsideRelations {
  /** Whether there was more to read than there may be. */
  isExhausted = false;
  readonly #entities = new Map<string, OutsideEntity>();
  readonly #source: string;
  readonly #store: Pick<SyncStore, 'loadEntities' | 'holders'>;
  readonly #relations: CatalogRelations;
  readonly #mostRefs: number;

  constructor(options: {
    source: string;
    store: Pick<SyncStore, 'loadEntities' | 'holders'>;
    relations: CatalogRelations;
    mostRefs?: number;
  }) {
    this.#source = options.source;
    this.#store = options.store;
    this.#relations = options.relations;
    this.#mostRefs = options.mostRefs ?? MOST_REFS;
  }

  /** What was read of a ref; undefined for one that was not. */
  get(ref: string): OutsideEntity | undefined {
    return this.#entities.get(ref);
  }

  /** Reads as many as there is room for. */
  async read(refs: string[]): Promise<void> {
    const unknown = this.#unknown(refs);
    const room = Math.max(this.#mostRefs - this.#entities.size, 0);
    this.isExhausted ||= unknown.length > room;
    await this.#load(unknown.slice(0, room));
  }

  /** Reads all, however many there are. */
  async readAll(refs: string[]): Promise<void> {
    await this.#load(this.#unknown(refs));
  }

  #unknown(refs: string[]): string[] {
    return [...new Set(refs)].filter(ref => !this.#entities.has(ref));
  }

  async #load(refs: string[]): Promise<void> {
    if (refs.length === 0) {
      return;
    }
    const stored = await this.#store.loadEntities(this.#source, refs);
    const holders = await this.#store.holders(this.#source, [...stored.keys()]);
    const catalog = await this.#relations.edgesOf(
      refs.filter(ref => !stored.has(ref)),
    );
    for (const ref of refs) {
      const text = stored.get(ref);
      this.#entities.set(
        ref,
        text === undefined
          ? { edges: toEdges(ref, catalog.get(ref)) }
          : {
              recordId: holders.get(ref),
              edges: relationEdges(JSON.parse(text)),
            },
      );
    }
  }
}

function toEdges(
  source: string,
  found: Array<Pick<GraphEdge, 'type' | 'target'>> = [],
): GraphEdge[] {
  return found.map(({ type, target }) => ({ type, source, target }));
}
