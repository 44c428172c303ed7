import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../lib/canonicalJson';
import { inChunks } from '../lib/inChunks';
import { CYCLE_RELATIONS, type CycleRelation } from '../lib/problem';
import { isObject } from '../lib/values';
import { isAmong, isInNamespace } from './bulk';
import { allRows } from './keyset';

/*
 * Everything that is read of the catalog's own tables, and never written. No
 * API of the catalog tells who owns a ref, what a provider has, how entities
 * relate, or what came of processing them, without loading the entities.
 */

/** The rows of these refs, processed or not; none for a ref that the catalog does not know. */
async function* readStates(
  knex: Knex,
  entityRefs: string[],
  ...columns: string[]
): AsyncGenerator<any> {
  for (const refs of inChunks(entityRefs)) {
    yield* await knex('refresh_state')
      .select('entity_ref', ...columns)
      .where(isAmong(knex, 'entity_ref', refs));
  }
}

/**
 * The location keys of those refs that are in the catalog, processed or not:
 * null for one without a key, no entry for a ref that the catalog does not know.
 */
export async function readLocationKeys(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, string | null>> {
  const { knex, entityRefs } = options;
  const keys = new Map<string, string | null>();
  for await (const row of readStates(knex, entityRefs, 'location_key')) {
    keys.set(row.entity_ref, row.location_key ?? null);
  }
  return keys;
}

/**
 * The refs of entities by the value of an annotation, which is given and
 * compared in lower case; no entry for a value that none has. An entity has its
 * annotations once it was processed.
 */
export async function findByAnnotation(options: {
  knex: Knex;
  annotation: string;
  values: string[];
}): Promise<Map<string, string[]>> {
  const { knex, annotation, values } = options;
  const refs = new Map<string, string[]>();
  for (const chunk of inChunks(values)) {
    const rows = await knex('search as s')
      .join('refresh_state as r', 'r.entity_id', 's.entity_id')
      .where({ 's.key': `metadata.annotations.${annotation.toLowerCase()}` })
      .where(isAmong(knex, 's.value', chunk))
      .orderBy('r.entity_ref')
      .select('s.value', 'r.entity_ref');
    for (const { value, entity_ref } of rows) {
      refs.set(value, [...(refs.get(value) ?? []), entity_ref]);
    }
  }
  return refs;
}

/** What the catalog keeps of an entity that it was given. */
interface KeptEntity {
  locationKey: string | null;
  /** Whether it is the entity as it was given. */
  isSame: boolean;
}

/**
 * Compares entities, as canonical JSON by ref, with what the catalog keeps of
 * them; no entry for one that it does not know.
 */
export async function compareKept(options: {
  knex: Knex;
  entities: ReadonlyMap<string, string>;
}): Promise<Map<string, KeptEntity>> {
  const { knex, entities } = options;
  const kept = new Map<string, KeptEntity>();
  const refs = [...entities.keys()];
  const columns = ['location_key', 'unprocessed_hash'];
  for await (const row of readStates(knex, refs, ...columns)) {
    const isSame = row.unprocessed_hash === sha1(entities.get(row.entity_ref)!);
    kept.set(row.entity_ref, { locationKey: row.location_key, isSame });
  }
  // A catalog that hashes in another way still has the entity itself.
  const others = [...kept.keys()].filter(ref => !kept.get(ref)!.isSame);
  for await (const row of readStates(knex, others, 'unprocessed_entity')) {
    const entity = canonicalJson(JSON.parse(row.unprocessed_entity));
    kept.get(row.entity_ref)!.isSame = entity === entities.get(row.entity_ref);
  }
  return kept;
}

/** How many refs the catalog has from an entity provider. */
export async function countProviderEntities(options: {
  knex: Knex;
  provider: string;
}): Promise<number> {
  const [row] = await options
    .knex('refresh_state_references')
    .where({ source_key: options.provider })
    .count({ count: '*' });
  return Number(row.count);
}

/** The refs that the catalog has from an entity provider. */
export async function readProviderRefs(options: {
  knex: Knex;
  provider: string;
}): Promise<string[]> {
  return options
    .knex('refresh_state_references')
    .where({ source_key: options.provider })
    .pluck('target_entity_ref');
}

/** An entity that no list of ours gives, as its owner gives it to the catalog. */
interface OtherEntity {
  entityRef: string;
  entity: JsonObject;
  locationKey?: string;
}

/** The entities that no list of ours gives, in batches. */
export async function* readOtherEntities(options: {
  knex: Knex;
  namespace?: string;
}): AsyncGenerator<OtherEntity[]> {
  const { knex, namespace } = options;
  const query = knex('refresh_state')
    .select('entity_ref', 'location_key', 'unprocessed_entity')
    .whereNotExists(
      knex('custom_data_entities as e')
        .whereRaw('e.entity_ref = refresh_state.entity_ref')
        .select(knex.raw('1')),
    );
  if (namespace !== undefined) {
    query.andWhere(isInNamespace(knex, 'entity_ref', namespace));
  }
  for await (const rows of allRows(query, 'entity_ref')) {
    yield rows.map(row => ({
      entityRef: row.entity_ref,
      entity: JSON.parse(row.unprocessed_entity),
      locationKey: row.location_key ?? undefined,
    }));
  }
}

/** An entity that nobody gives any more: the catalog marks it with `backstage.io/orphan`. */
export interface OrphanState {
  entityRef: string;
  /** As the API of the catalog names it. */
  uid: string;
  locationKey: string | null;
}

/** All orphans, by their refs. */
export async function readOrphans(options: {
  knex: Knex;
}): Promise<OrphanState[]> {
  const { knex } = options;
  const rows: any[] = await knex('refresh_state as s')
    .whereNotExists(
      knex('refresh_state_references as r')
        .whereRaw('r.target_entity_ref = s.entity_ref')
        .select(knex.raw('1')),
    )
    .orderBy('s.entity_ref')
    .select('s.entity_ref', 's.entity_id', 's.location_key');
  return rows.map(row => ({
    entityRef: row.entity_ref,
    uid: String(row.entity_id),
    locationKey: row.location_key,
  }));
}

/** A relation that leads away from an entity, whoever gave it. */
interface OutgoingRelation {
  type: CycleRelation;
  target: string;
}

/** The `CYCLE_RELATIONS` that lead away from refs; no entry for a ref without any. */
export async function readRelations(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, OutgoingRelation[]>> {
  const { knex, entityRefs } = options;
  const relations = new Map<string, OutgoingRelation[]>();
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex('relations')
      .distinct('source_entity_ref', 'type', 'target_entity_ref')
      .whereIn('source_entity_ref', refs)
      .whereIn('type', [...CYCLE_RELATIONS]);
    for (const { source_entity_ref: ref, type, target_entity_ref } of rows) {
      const known = relations.get(ref) ?? [];
      relations.set(ref, known);
      known.push({ type, target: target_entity_ref });
    }
  }
  return relations;
}

/** A relation to an entity, and the entity that gives it. */
export interface IncomingRelation {
  entityRef: string;
  type: string;
  target: string;
}

/** The relations, of any type, that other entities give to these refs. */
export async function readRelationsTo(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<IncomingRelation[]> {
  const { knex, entityRefs } = options;
  const relations: IncomingRelation[] = [];
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex('relations as r')
      .join('refresh_state as s', 's.entity_id', 'r.originating_entity_id')
      .distinct('s.entity_ref', 'r.type', 'r.target_entity_ref')
      .where(isAmong(knex, 'r.target_entity_ref', refs))
      .whereRaw('s.entity_ref <> r.target_entity_ref');
    for (const { entity_ref: entityRef, type, target_entity_ref } of rows) {
      relations.push({ entityRef, type, target: target_entity_ref });
    }
  }
  return relations;
}

const MAX_ERROR_LENGTH = 1000;

/**
 * The errors of the last time that each ref was processed, as `name: message`;
 * no entry for a ref without errors.
 */
export async function readProcessingErrors(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, string[]>> {
  const { knex, entityRefs } = options;
  const errors = new Map<string, string[]>();
  for (const refs of inChunks(entityRefs)) {
    const rows = await knex('refresh_state')
      .select('entity_ref', 'errors')
      .where(isAmong(knex, 'entity_ref', refs))
      .whereNotIn('errors', ['', '[]']);
    rows.forEach(row => errors.set(row.entity_ref, formatErrors(row.errors)));
  }
  return errors;
}

/** The refs of everything that had errors when it was last processed. */
export async function readFailedRefs(options: {
  knex: Knex;
}): Promise<string[]> {
  return options
    .knex('refresh_state')
    .whereNotIn('errors', ['', '[]'])
    .pluck('entity_ref');
}

/**
 * Those of these refs that are locations of a type, each with its targets. Such
 * a location may be anybody's, and may not have passed any check.
 */
export async function readLocationTargets(options: {
  knex: Knex;
  entityRefs: string[];
  type: string;
}): Promise<Map<string, string[]>> {
  const { knex, entityRefs, type } = options;
  const targets = new Map<string, string[]>();
  const locations = entityRefs.filter(ref => ref.startsWith('location:'));
  for await (const row of readStates(knex, locations, 'unprocessed_entity')) {
    const { spec } = JSON.parse(row.unprocessed_entity);
    if (isObject(spec) && spec.type === type) {
      const all = [spec.target, spec.targets].flat();
      targets.set(
        row.entity_ref,
        all.filter(target => typeof target === 'string'),
      );
    }
  }
  return targets;
}

/** The column's JSON is the catalog's own; what is not as expected is shown as it stands. */
function formatErrors(text: string): string[] {
  const lines: string[] = [];
  try {
    for (const error of JSON.parse(text)) {
      lines.push(`${error.name ?? 'Error'}: ${error.message ?? 'no message'}`);
    }
  } catch {
    lines.push(text);
  }
  return lines.map(line => line.slice(0, MAX_ERROR_LENGTH));
}

/**
 * For each refresh key, a hash over the last results of processing the entities
 * that have it; no entry for a key that no entity has.
 */
export async function readProcessingResults(options: {
  knex: Knex;
  refreshKeys: string[];
}): Promise<Map<string, string>> {
  const { knex, refreshKeys } = options;
  const results = new Map<string, string>();
  for (const keys of inChunks(refreshKeys)) {
    const keysByColumn = new Map(keys.map(key => [toKeyColumn(key), key]));
    const rows = await knex('refresh_keys as k')
      .join('refresh_state as s', 's.entity_id', 'k.entity_id')
      .select('k.key', 's.entity_id', 's.result_hash')
      .where(isAmong(knex, 'k.key', [...keysByColumn.keys()]))
      .orderBy('s.entity_id');
    for (const row of rows) {
      const key = keysByColumn.get(row.key)!;
      const before = results.get(key) ?? '';
      results.set(key, sha256(`${before} ${row.entity_id} ${row.result_hash}`));
    }
  }
  return results;
}

const MAX_KEY_LENGTH = 255;

/** The catalog keeps a long refresh key as its beginning and its hash. */
function toKeyColumn(key: string): string {
  return key.length > MAX_KEY_LENGTH
    ? `${key.slice(0, 180)}#sha256:${sha256(key)}`
    : key;
}

/** The catalog's `generateStableHash` of an entity, from its canonical JSON. */
function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
