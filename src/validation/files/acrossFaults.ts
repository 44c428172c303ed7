import type { RelationEdge } from '../../lib/problem';
import { quoteValue } from '../../lib/values';
import {
  describeCycle,
  edgeKey,
  edgesOnCycles,
  shortestCycles,
} from '../findCycles';
import type { FileFault } from './finding';
import type { Position } from './positions';
import type { Reference } from './references';

/** What is kept of an entity until all files are read. */
export interface GivenEntity {
  file: string;
  line: number;
  ref?: string;
  /** Where its name stands. */
  at: Position;
  references: Placed<Reference>[];
  targets: Placed<{ path: string; target: string }>[];
}

export type Placed<T> = T & { at: Position };

export type AcrossFault = Placed<FileFault> & { entity: GivenEntity };

/** What the files alone do not tell. */
export interface Outside {
  /** Refs that nothing gives. */
  unresolved: ReadonlySet<string>;
  /** What was asked for them besides the files, such as `the catalog`. */
  asked?: string;
  /** Whether a target of a Location is there, seen from the file of the Location. */
  hasTarget(file: string, target: string): boolean;
}

/** What is wrong between entities. */
export function acrossFaults(
  entities: GivenEntity[],
  outside: Outside,
): AcrossFault[] {
  return [
    ...duplicates(entities),
    ...cycles(entities),
    ...entities.flatMap(entity => [
      ...unresolved(entity, outside),
      ...missingTargets(entity, outside),
    ]),
  ];
}

function duplicates(entities: GivenEntity[]): AcrossFault[] {
  const first = new Map<string, GivenEntity>();
  return entities.flatMap(entity => {
    const { ref, at } = entity;
    const known = ref === undefined ? undefined : first.get(ref);
    if (ref === undefined || known === undefined) {
      first.set(`${ref}`, entity);
      return [];
    }
    return {
      entity,
      at,
      code: 'entity-duplicate',
      path: 'metadata.name',
      reason: `makes this "${ref}", which ${known.file}:${known.line} gives already; the catalog takes one of them`,
    };
  });
}

function cycles(entities: GivenEntity[]): AcrossFault[] {
  const edges = entities.flatMap(entity =>
    entity.references.flatMap(reference => edgesOf(entity, reference)),
  );
  const onCycles = new Set<object>(edgesOnCycles(edges));
  const circular = edges.filter(edge => onCycles.has(edge));
  const shortest = shortestCycles(circular, circular);
  return circular.map(edge => {
    const { entity, at, path, type, source, target } = edge;
    const cycle = shortest.get(edgeKey(edge)) ?? [source, target];
    const reason = `is part of a cycle: ${describeCycle(cycle)} (${type})`;
    return { entity, at, code: 'relation-cycle', path, reason };
  });
}

type FileEdge = Pick<RelationEdge, 'type' | 'source' | 'target'> &
  Pick<AcrossFault, 'entity' | 'at' | 'path'>;

function edgesOf(
  entity: GivenEntity,
  { type, inverse, ref, path, at }: Placed<Reference>,
): FileEdge[] {
  if (type === undefined || entity.ref === undefined) {
    return [];
  }
  const [source, target] = inverse ? [ref, entity.ref] : [entity.ref, ref];
  return [{ type, source, target, entity, path, at }];
}

function unresolved(
  entity: GivenEntity,
  { unresolved: refs, asked }: Outside,
): AcrossFault[] {
  const where = asked ? `neither the files nor ${asked} have` : 'no file has';
  return entity.references
    .filter(({ ref }) => refs.has(ref))
    .map(({ path, ref, at }) => ({
      entity,
      at,
      code: 'ref-unresolved',
      path,
      reason: `names "${ref}", which ${where}`,
    }));
}

function missingTargets(
  entity: GivenEntity,
  { hasTarget }: Outside,
): AcrossFault[] {
  return entity.targets
    .filter(({ target }) => !hasTarget(entity.file, target))
    .map(({ path, target, at }) => ({
      entity,
      at,
      code: 'target-missing',
      path,
      reason: `is ${quoteValue(target)}, and there is no such file`,
    }));
}
