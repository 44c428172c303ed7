import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { catalogRules } from './catalogRules';
import { quote, shown, type Fault } from './fault';
import { isObject } from './plainCopy';

const { isValidApiVersion, isValidEntityName, isValidKind, isValidNamespace } =
  catalogRules;

/** What the source may emit. */
export interface Allowed {
  /** By kind in lower case. */
  kinds: Map<string, string>;
  namespaces: string[];
}

/** What an entity is called and whether its source may call it so. */
export function identityFaults(entity: JsonObject, allowed: Allowed): Fault[] {
  const { apiVersion, kind, metadata } = entity;
  return [
    apiVersionFault(apiVersion),
    kindFault(kind, allowed),
    ...(isObject(metadata)
      ? [nameFault(metadata.name), namespaceFault(metadata.namespace, allowed)]
      : [metadataFault(metadata)]),
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
        )}; add it to "kinds" of the source if that is meant`,
      };
}

function metadataFault(value?: JsonValue): Fault {
  return invalid('metadata', value, 'give an object with a "name"');
}

function nameFault(value?: JsonValue): Fault | undefined {
  return isValidEntityName(value)
    ? undefined
    : invalid(
        'metadata.name',
        value,
        'use letters and digits with "-", "_" or "." between them, at most 63 characters; $replace can take out others',
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
        )}; add it to "namespaces" of the source if that is meant`,
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
    : { code, path, reason: `is not valid; ${advice}`, value: shown(value) };
}

function list(values: Iterable<string>): string {
  return [...values].map(quote).join(', ');
}
