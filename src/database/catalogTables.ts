import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { inChunks } from '../lib/inChunks';
import { CYCLE_RELATIONS, type CycleRelation } from '../lib/problem';
import { isAmong } from './bulk';

/** Read-only knowledge of who owns what in the catalog. */
export interface EntityRegistry {
  /**
   * The location keys of those refs that are in the catalog, processed or not;
   * null for one without a key, no entry for a ref that the catalog does not know.
   */
  locationKeys(entityRefs: string[]): Promise<Map<string, string | null>>;
  /** How many refs the catalog has from an entity provider. */
  countOf(provider: string): Promise<number>;
  /** The refs that the catalog has from an entity provider. */
  refsOf(provider: string): Promise<string[]>;
}

/** Read-only knowledge of how the catalog relates its entities, whoever gave the relations. */
export interface CatalogRelations {
  /** The `CYCLE_RELATIONS` that lead away from refs; no entry for a ref without any. */
  edgesOf(
    entityRefs: string[],
  ): Promise<Map<string, Array<{ type: CycleRelation; target: string }>>>;
}

/** Read-only knowledge of what the catalog made of entities. */
export interface CatalogVerdicts {
  /** Errors in words, name first, of the last time each ref was processed; no entry for one without. */
  errorsOf(entityRefs: string[]): Promise<Map<string, string[]>>;
  /**
   * For each refresh key, what stands for the last result of processing the
   * entities that have it; no entry for a key that none has.
   */
  resultsOf(refreshKeys: string[]): Promise<Map<string, string>>;
}

const REFS_AT_ONCE = 5000;

/**
 * Reads who owns refs from the catalog's `refresh_state`, and what a provider
 * has from `refresh_state_references`. No API of the catalog tells either.
 * Read-only.
 */
export function createEntityRegistry(options: { knex: Knex }): EntityRegistry {
  const { knex } = options;
  return {
    async locationKeys(entityRefs) {
      const keys = new Map<string, string | null>();
      for (const chunk of inChunks(entityRefs, REFS_AT_ONCE)) {
        const rows = await knex('refresh_state')
          .select('entity_ref', 'location_key')
          .where(isAmong(knex, 'entity_ref', chunk));
        for (const row of rows) {
          keys.set(row.entity_ref, row.location_key ?? null);
        }
      }
      return keys;
    },
    async countOf(provider) {
      const [row] = await knex('refresh_state_references')
        .where({ source_key: provider })
        .count({ count: '*' });
      return Number(row.count);
    },
    async refsOf(provider) {
      const rows = await knex('refresh_state_references')
        .select('target_entity_ref')
        .where({ source_key: provider });
      return rows.map(row => row.target_entity_ref);
    },
  };
}

/**
 * Reads the catalog's table `relations`, by its index on the source. No API of
 * the catalog tells the relations of many entities without the entities.
 */
export function createCatalogRelations(options: {
  knex: Knex;
}): CatalogRelations {
  const { knex } = options;
  return {
    async edgesOf(entityRefs) {
      const edges = new Map<
        string,
        Array<{ type: CycleRelation; target: string }>
      >();
      for (const chunk of inChunks(entityRefs)) {
        const rows = await knex('relations')
          .distinct('source_entity_ref', 'type', 'target_entity_ref')
          .whereIn('source_entity_ref', chunk)
          .whereIn('type', [...CYCLE_RELATIONS]);
        for (const {
          source_entity_ref: source,
          type,
          target_entity_ref,
        } of rows) {
          const known = edges.get(source) ?? [];
          edges.set(source, known);
          known.push({ type, target: target_entity_ref });
        }
      }
      return edges;
    },
  };
}

const LONGEST_ERROR = 1000;
const LONGEST_KEY = 255;

/**
 * Reads what came of processing entities from the catalog's `refresh_state`,
 * by its indexes on refs and on refresh keys. No API of the catalog tells it.
 */
export function createCatalogVerdicts(options: {
  knex: Knex;
}): CatalogVerdicts {
  const { knex } = options;
  return {
    async errorsOf(entityRefs) {
      const errors = new Map<string, string[]>();
      for (const refs of inChunks(entityRefs, 1000)) {
        const rows = await knex('refresh_state')
          .select('entity_ref', 'errors')
          .where(isAmong(knex, 'entity_ref', refs))
          .whereNotIn('errors', ['', '[]']);
        rows.forEach(row => errors.set(row.entity_ref, inWords(row.errors)));
      }
      return errors;
    },
    async resultsOf(refreshKeys) {
      const results = new Map<string, string>();
      for (const keys of inChunks(refreshKeys)) {
        const asked = new Map(keys.map(key => [columnOf(key), key]));
        const rows = await knex('refresh_keys as k')
          .join('refresh_state as s', 's.entity_id', 'k.entity_id')
          .select('k.key', 's.entity_id', 's.result_hash')
          .where(isAmong(knex, 'k.key', [...asked.keys()]))
          .orderBy('s.entity_id');
        for (const row of rows) {
          const key = asked.get(row.key)!;
          const so = `${results.get(key) ?? ''} ${row.entity_id} ${
            row.result_hash
          }`;
          results.set(key, createHash('sha256').update(so).digest('hex'));
        }
      }
      return results;
    },
  };
}

/** The column's JSON is the catalog's own; what is not as expected is shown as it stands. */
function inWords(text: string): string[] {
  const words: string[] = [];
  try {
    for (const error of JSON.parse(text)) {
      words.push(`${error.name ?? 'Error'}: ${error.message ?? 'no message'}`);
    }
  } catch {
    words.push(text);
  }
  return words.map(line => line.slice(0, LONGEST_ERROR));
}

/** As the catalog keeps a refresh key: one that is long by its beginning and its hash. */
function columnOf(key: string): string {
  const hash = () => createHash('sha256').update(key).digest('hex');
  return key.length > LONGEST_KEY
    ? `${key.slice(0, 180)}#sha256:${hash()}`
    : key;
}
