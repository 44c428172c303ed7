import type { RelationEdge } from '../../lib/problem';
import { fieldPath, quoteValue } from '../../lib/values';
import {
  describeCycle,
  type Edge,
  edgeKey,
  edgesOnCycles,
  shortestCycles,
} from '../findCycles';
import type { FileFault } from './finding';
import type { Reference } from './references';

/** What is kept of an entity until all files are read. */
export interface GivenEntity {
  file: string;
  /** Of its document in the file. */
  index: number;
  line(): number;
  ref?: string;
  references: Reference[];
  edges: RelationEdge[];
  targets: Array<{ path: string; target: string }>;
}

export type AcrossFault = FileFault & { entity: GivenEntity };

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
    const { ref } = entity;
    const known = ref === undefined ? undefined : first.get(ref);
    if (ref === undefined || known === undefined) {
      first.set(`${ref}`, entity);
      return [];
    }
    const reason = `makes this "${ref}", which ${
      known.file
    }:${known.line()} gives already; the catalog takes one of them`;
    return [
      { entity, code: 'entity-duplicate', path: 'metadata.name', reason },
    ];
  });
}

function cycles(entities: GivenEntity[]): AcrossFault[] {
  const given = entities.flatMap(entity =>
    entity.edges.map(edge => ({ entity, edge })),
  );
  const edges: Edge[] = given.map(({ edge }) => edge);
  const onCycles = new Set(edgesOnCycles(edges));
  const shortest = shortestCycles([...onCycles], [...onCycles]);
  return given
    .filter(({ edge }) => onCycles.has(edge))
    .map(({ entity, edge }) => {
      const { source, target, type, field, index } = edge;
      const whole = fieldPath('spec', field);
      const path = index === undefined ? whole : fieldPath(whole, index);
      const cycle = shortest.get(edgeKey(edge)) ?? [source, target];
      const reason = `is part of a cycle: ${describeCycle(cycle)} (${type})`;
      return { entity, code: 'relation-cycle', path, reason };
    });
}

function unresolved(
  entity: GivenEntity,
  { unresolved: refs, asked }: Outside,
): AcrossFault[] {
  const where = asked ? `neither the files nor ${asked} have` : 'no file has';
  return entity.references
    .filter(({ ref }) => refs.has(ref))
    .map(({ path, ref }) => ({
      entity,
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
    .map(({ path, target }) => ({
      entity,
      code: 'target-missing',
      path,
      reason: `is ${quoteValue(target)}, and there is no such file`,
    }));
}
