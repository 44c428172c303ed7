import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import { catalogRules } from './catalogRules';
import { type Fault, quote } from './faults';

const { isValidApiVersion, isValidEntityName, isValidKind, isValidNamespace } =
  catalogRules;

/** What the source may emit. */
export interface Allowed {
  /** The keys are in lower case. */
  kinds: Map<string, string>;
  namespaces: string[];
}

/** What is wrong with the name of an entity, or not allowed to its source. */
export function identityFaults(entity: JsonObject, allowed: Allowed): Fault[] {
  const { apiVersion, kind, metadata } = entity;
  return [
    apiVersionFault(apiVersion),
    kindFault(kind, allowed),
    ...(isObject(metadata)
      ? [nameFault(metadata.name), namespaceFault(metadata.namespace, allowed)]
      : [invalid('metadata', metadata, 'give an object with a "name"')]),
  ].filter(fault => fault !== undefined);
}

function apiVersionFault(value?: JsonValue): Fault | undefined {
  return isValidApiVersion(value)
    ? undefined
    : invalid('apiVersion', value, 'write "backstage.io/v1alpha1"');
}

function kindFault(
  value: JsonValue | undefined,
  { kinds }: Allowed,
): Fault | undefined {
  if (typeof value !== 'string' || !isValidKind(value)) {
    return invalid('kind', value, 'write a kind such as "Component"');
  }
  return kinds.has(value.toLowerCase())
    ? undefined
    : {
        code: 'kind-not-allowed',
        path: 'kind',
        reason: `is ${quote(value)}, and the source may give only ${list(
          kinds.values(),
        )}; add it to "kinds" of the source if that is intended`,
      };
}

function nameFault(value?: JsonValue): Fault | undefined {
  return isValidEntityName(value)
    ? undefined
    : invalid(
        'metadata.name',
        value,
        'use letters and digits with "-", "_" or "." between them, at most 63 characters; $replace can remove others',
      );
}

function namespaceFault(
  value: JsonValue = DEFAULT_NAMESPACE,
  { namespaces }: Allowed,
): Fault | undefined {
  if (!isValidNamespace(value)) {
    return invalid(
      'metadata.namespace',
      value,
      'use a-z and 0-9 with "-" between them, at most 63 characters',
    );
  }
  return namespaces.includes(value as string)
    ? undefined
    : {
        code: 'namespace-not-allowed',
        path: 'metadata.namespace',
        reason: `is ${quote(value)}, and the source may give only ${list(
          namespaces,
        )}; add it to "namespaces" of the source if that is intended`,
      };
}

function invalid(path: string, value: unknown, advice: string): Fault {
  const code = 'entity-invalid';
  if (value === undefined) {
    return { code, path, reason: `is missing; ${advice}` };
  }
  return typeof value === 'string' && path !== 'metadata'
    ? {
        code,
        path,
        reason: `is ${quote(value)}, which is not valid; ${advice}`,
      }
    : {
        code,
        path,
        reason: `is not valid; ${advice}`,
        value: quoteValue(value),
      };
}

function list(values: Iterable<string>): string {
  return [...values].map(quote).join(', ');
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec'];
const CATALOG_FIELDS = ['uid', 'etag'];

/** Fields that only the catalog sets, and root fields that it does not know. */
export function reservedFaults(entity: JsonObject): Fault[] {
  const metadata = isObject(entity.metadata) ? entity.metadata : {};
  return [
    ...Object.keys(entity)
      .filter(field => !ROOT_FIELDS.includes(field))
      .map(field => reserved(fieldPath('', field))),
    ...CATALOG_FIELDS.filter(field => Object.hasOwn(metadata, field)).map(
      field => reserved(fieldPath('metadata', field)),
    ),
  ];
}

function reserved(path: string): Fault {
  return {
    code: 'entity-invalid',
    path,
    reason: 'cannot be set from outside the catalog; leave it out',
  };
}
