import {
  DEFAULT_NAMESPACE,
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import type { CycleRelation, RelationEdge } from '../../model/catalog';
import { fieldPath } from '../../model/fieldPath';

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

/** The relations along which a cycle is a fault, as an entity gives them. */
export function relationEdges(entity: Entity): RelationEdge[] {
  const fields = Object.hasOwn(FIELDS, entity.kind) ? FIELDS[entity.kind] : [];
  const self = stringifyEntityRef(entity);
  return fields.flatMap(({ field, type, defaultKind, inverse }) =>
    namedIn(entity, field).flatMap(({ name, path }) => {
      const other = refOf(entity, name, defaultKind);
      if (other === undefined) {
        return [];
      }
      return inverse
        ? { type, source: other, target: self, giver: self, path }
        : { type, source: self, target: other, giver: self, path };
    }),
  );
}

/** The owner that an entity names; undefined where it names none, or nothing that is a ref. */
export function ownerOf(entity: Entity): string | undefined {
  const [owner] = namedIn(entity, 'owner');
  return owner && refOf(entity, owner.name, 'Group');
}

function namedIn(
  entity: Entity,
  field: string,
): Array<{ name: string; path: string }> {
  const value: unknown = entity.spec?.[field];
  const path = fieldPath('spec', field);
  const named = Array.isArray(value)
    ? value.map((name, index) => ({ name, path: fieldPath(path, index) }))
    : [{ name: value, path }];
  return named.filter(({ name }) => typeof name === 'string');
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
