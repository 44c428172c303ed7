import {
  DEFAULT_NAMESPACE,
  type Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { CycleRelation, RelationEdge } from '../lib/problem';
import { UNPRINTABLE } from '../lib/values';
import { MAX_REF_LENGTH } from './refFaults';

interface RelationField {
  field: string;
  type: CycleRelation;
  defaultKind?: string;
  /** Whether the relation leads from what the field names to the entity. */
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

/** The relations of an entity along which a cycle is a fault. */
export function relationEdges(
  entity: Entity,
  self: string = stringifyEntityRef(entity),
): RelationEdge[] {
  const fields = Object.hasOwn(FIELDS, entity.kind) ? FIELDS[entity.kind] : [];
  const edges: RelationEdge[] = [];
  for (const { field, type, defaultKind, inverse } of fields) {
    for (const { name, index } of namesIn(entity, field)) {
      const other = refOf(entity, name, defaultKind);
      if (other !== undefined) {
        edges.push({
          type,
          source: inverse ? other : self,
          target: inverse ? self : other,
          giver: self,
          field,
          index,
        });
      }
    }
  }
  return edges;
}

/** The owner that an entity names; undefined where it names none, or nothing that is a ref. */
export function ownerOf(entity: Entity): string | undefined {
  const [owner] = namesIn(entity, 'owner');
  return owner && refOf(entity, owner.name, 'Group');
}

function namesIn(
  entity: Entity,
  field: string,
): Array<{ name: string; index?: number }> {
  const value: unknown = entity.spec?.[field];
  if (typeof value === 'string') {
    return [{ name: value }];
  }
  return Array.isArray(value)
    ? value
        .map((name, index) => ({ name, index }))
        .filter(({ name }) => typeof name === 'string')
    : [];
}

function refOf(
  { metadata }: Entity,
  name: string,
  defaultKind?: string,
): string | undefined {
  const { namespace: defaultNamespace = DEFAULT_NAMESPACE } = metadata;
  if (name.length > MAX_REF_LENGTH) {
    return undefined;
  }
  try {
    const ref = stringifyEntityRef(
      parseEntityRef(name, { defaultKind, defaultNamespace }),
    );
    return ref.length > MAX_REF_LENGTH || UNPRINTABLE.test(ref)
      ? undefined
      : ref;
  } catch {
    return undefined;
  }
}
