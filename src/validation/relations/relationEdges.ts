import {
  DEFAULT_NAMESPACE,
  type Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { fieldPath } from '../../lib/fieldPath';
import type { CycleRelation, RelationEdge } from '../../lib/problem';

/** What names no entity of the catalog need not be looked for, nor can it be kept. */
const LONGEST_REF = 255;
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

interface RelationField {
  field: string;
  type: CycleRelation;
  defaultKind?: string;
  /** Whether it leads from what the field names to the entity. */
  inverse?: true;
}

const DEPENDS_ON: RelationField = { field: 'dependsOn', type: 'dependsOn' };
const DEPENDENCY_OF: RelationField = {
  field: 'dependencyOf',
  type: 'dependsOn',
  inverse: true,
};
const SYSTEM = partOf('system', 'System');

/** As the catalog's own processor reads them. */
const FIELDS: Record<string, RelationField[]> = {
  Component: [
    DEPENDS_ON,
    DEPENDENCY_OF,
    SYSTEM,
    partOf('subcomponentOf', 'Component'),
  ],
  API: [SYSTEM],
  Resource: [DEPENDS_ON, DEPENDENCY_OF, SYSTEM],
  System: [partOf('domain', 'Domain')],
  Domain: [partOf('subdomainOf', 'Domain')],
  Group: [
    { field: 'parent', type: 'childOf', defaultKind: 'Group' },
    {
      field: 'children',
      type: 'childOf',
      defaultKind: 'Group',
      inverse: true,
    },
  ],
};

function partOf(field: string, defaultKind: string): RelationField {
  return { field, type: 'partOf', defaultKind };
}

/**
 * The relations along which a cycle is a fault, as an entity gives them. A first
 * run holds them of all entities, so they share whatever they can.
 */
export function relationEdges(
  entity: Entity,
  self: string = stringifyEntityRef(entity),
): RelationEdge[] {
  const fields = Object.hasOwn(FIELDS, entity.kind) ? FIELDS[entity.kind] : [];
  const edges: RelationEdge[] = [];
  for (const { field, type, defaultKind, inverse } of fields) {
    for (const { name, path } of namedIn(entity, field)) {
      const other = refOf(entity, name, defaultKind);
      if (other !== undefined) {
        edges.push(
          inverse
            ? { type, source: other, target: self, giver: self, path }
            : { type, source: self, target: other, giver: self, path },
        );
      }
    }
  }
  return edges;
}

/** The owner that an entity names; undefined where it names none, or nothing that is a ref. */
export function ownerOf(entity: Entity): string | undefined {
  const [owner] = namedIn(entity, 'owner');
  return owner && refOf(entity, owner.name, 'Group');
}

interface Named {
  name: string;
  path: string;
}

const NONE: Named[] = [];

function namedIn(entity: Entity, field: string): Named[] {
  const value: unknown = entity.spec?.[field];
  if (typeof value === 'string') {
    return [{ name: value, path: pathsOf(field).whole }];
  }
  if (!Array.isArray(value)) {
    return NONE;
  }
  return value
    .map((name, index) => ({ name, path: itemPath(field, index) }))
    .filter(({ name }) => typeof name === 'string');
}

/** Paths that were made before, of a field and of its first items. */
const PATHS = new Map<string, { whole: string; items: string[] }>();
const MOST_ITEMS = 100;

function pathsOf(field: string) {
  const known = PATHS.get(field);
  if (known) {
    return known;
  }
  const whole = fieldPath('spec', field);
  const items = Array.from({ length: MOST_ITEMS }, (_, index) =>
    fieldPath(whole, index),
  );
  PATHS.set(field, { whole, items });
  return { whole, items };
}

function itemPath(field: string, index: number): string {
  const { whole, items } = pathsOf(field);
  return items[index] ?? fieldPath(whole, index);
}

function refOf(
  { metadata }: Entity,
  name: string,
  defaultKind?: string,
): string | undefined {
  const { namespace: defaultNamespace = DEFAULT_NAMESPACE } = metadata;
  if (name.length > LONGEST_REF || UNPRINTABLE.test(name)) {
    return undefined;
  }
  try {
    const ref = stringifyEntityRef(
      parseEntityRef(name, { defaultKind, defaultNamespace }),
    );
    return ref.length > LONGEST_REF ? undefined : ref;
  } catch {
    return undefined;
  }
}
