import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import type { CatalogVerdicts } from '../../model/findings';
import { inChunks } from '../../model/inChunks';
import { isAmong } from '../bulk';

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
