import {
  DEFAULT_NAMESPACE,
  type Entity,
  KubernetesValidatorFunctions,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../../lib/values';
import { type RelationField, relationFields } from '../relationEdges';
import type { FileFault } from './finding';

/** A ref that an entity names, in full and in lower case. */
export interface Reference extends RelationField {
  path: string;
  ref: string;
}

/** The entities that an entity refers to, and what cannot be one. */
export function readReferences({ kind, metadata, spec }: JsonObject): {
  references: Reference[];
  faults: FileFault[];
} {
  const references: Reference[] = [];
  const faults: FileFault[] = [];
  const { namespace } = isObject(metadata) ? metadata : {};
  const defaultNamespace =
    typeof namespace === 'string' ? namespace : DEFAULT_NAMESPACE;
  for (const relation of isObject(spec) ? relationFields(kind) : []) {
    const { field, defaultKind } = relation;
    for (const [path, text] of textsAt(spec as JsonObject, field)) {
      const parsed = parseRef(text, { defaultKind, defaultNamespace });
      if (parsed) {
        references.push({ ...relation, path, ref: stringifyEntityRef(parsed) });
      }
      if (!parsed || !isPossible(parsed)) {
        const code = parsed ? 'ref-malformed' : 'entity-invalid';
        const reason = describeMalformed(text, defaultKind);
        faults.push({ code, path, reason });
      }
    }
  }
  return { references, faults };
}

/** Empty texts and other types are for the schema to tell. */
function textsAt(spec: JsonObject, field: string): Array<[string, string]> {
  const path = fieldPath('spec', field);
  const value = spec[field];
  const texts: Array<[string, unknown]> = Array.isArray(value)
    ? value.map((item, index) => [fieldPath(path, index), item])
    : [[path, value]];
  return texts.filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[1] !== '',
  );
}

/** As the catalog does it. Where it cannot, it refuses the entity. */
function parseRef(...args: Parameters<typeof parseEntityRef>) {
  try {
    return parseEntityRef(...args);
  } catch {
    return undefined;
  }
}

function isPossible(ref: ReturnType<typeof parseEntityRef>): boolean {
  const { isValidKind, isValidNamespace, isValidObjectName } =
    KubernetesValidatorFunctions;
  return (
    isValidKind(ref.kind) &&
    isValidNamespace(ref.namespace.toLowerCase()) &&
    isValidObjectName(ref.name)
  );
}

function describeMalformed(text: string, defaultKind?: string): string {
  const given = `is ${quoteValue(text)}`;
  return defaultKind === undefined && !text.includes(':')
    ? `${given}, which names no kind; write it before the name, as in "component:${DEFAULT_NAMESPACE}/payments"`
    : `${given}, which no entity can be called; write kind, namespace and name, as in "${(
        defaultKind ?? 'component'
      ).toLowerCase()}:${DEFAULT_NAMESPACE}/payments"`;
}

/** The ref of an entity; undefined where it lacks what makes one. */
export function refOf({ kind, metadata }: JsonObject): string | undefined {
  const { name, namespace = DEFAULT_NAMESPACE } = isObject(metadata)
    ? metadata
    : {};
  const isNamed = [kind, namespace, name].every(
    part => typeof part === 'string' && part !== '',
  );
  const entity = { kind, metadata: { name, namespace } } as unknown as Entity;
  return isNamed ? stringifyEntityRef(entity) : undefined;
}

/** What the targets of a Location name by a path from its file. */
export function relativeTargets({
  kind,
  spec,
}: JsonObject): Array<{ path: string; target: string }> {
  const { type = 'file' } = isObject(spec) ? spec : {};
  return kind === 'Location' && (type === 'file' || type === 'url')
    ? ['target', 'targets']
        .flatMap(field => textsAt(Object(spec), field))
        .map(([path, target]) => ({ path, target }))
        .filter(({ target }) => isRelative(target))
    : [];
}

function isRelative(target: string): boolean {
  const isElsewhere = /^[a-z][a-z0-9+.-]*:|^[/\\]/i.test(target);
  return !isElsewhere && !/[*$]/.test(target);
}
