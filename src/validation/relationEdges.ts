import {
  DEFAULT_NAMESPACE,
  type Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { CycleRelation, RelationEdge } from '../lib/problem';
import { UNPRINTABLE } from '../lib/values';
import { MAX_REF_LENGTH } from './refFaults';

export interface RelationField {
  field: string;
  /** The kind that the catalog fills in. Refs of other fields name theirs. */
  defaultKind?: string;
  /** Of a relation along which a cycle is a fault. */
  type?: CycleRelation;
  /** Whether the relation leads from what the field names to the entity. */
  inverse?: true;
}

const OWNER: RelationField = { field: 'owner', defaultKind: 'Group' };
const DEPENDENCIES: RelationField[] = [
  { field: 'dependsOn', type: 'dependsOn' },
  { field: 'dependencyOf', type: 'dependsOn', inverse: true },
];
const SYSTEM = partOf('system', 'System');

/** As the catalog's own processor reads them. */
const FIELDS: Record<string, RelationField[]> = {
  Component: [
    OWNER,
    ...DEPENDENCIES,
    SYSTEM,
    partOf('subcomponentOf', 'Component'),
    { field: 'providesApis', defaultKind: 'API' },
    { field: 'consumesApis', defaultKind: 'API' },
  ],
  API: [OWNER, SYSTEM],
  Resource: [OWNER, ...DEPENDENCIES, SYSTEM],
  System: [OWNER, partOf('domain', 'Domain')],
  Domain: [OWNER, partOf('subdomainOf', 'Domain')],
  Template: [OWNER],
  User: [{ field: 'memberOf', defaultKind: 'Group' }],
  Group: [
    { field: 'parent', type: 'childOf', defaultKind: 'Group' },
    {
      field: 'children',
      type: 'childOf',
      defaultKind: 'Group',
      inverse: true,
    },
    { field: 'members', defaultKind: 'User' },
  ],
};

function partOf(field: string, defaultKind: string): RelationField {
  return { field, type: 'partOf', defaultKind };
}

/** The fields of a kind of which the catalog makes relations. */
export function relationFields(kind: unknown): RelationField[] {
  return Object.hasOwn(FIELDS, `${kind}`) ? FIELDS[`${kind}`] : [];
}

/** The relations of an entity along which a cycle is a fault. */
export function relationEdges(
  entity: Entity,
  self: string = stringifyEntityRef(entity),
): RelationEdge[] {
  const edges: RelationEdge[] = [];
  for (const relation of relationFields(entity.kind)) {
    const { field, type, defaultKind, inverse } = relation;
    if (!type) {
      continue;
    }
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
