import { DEFAULT_NAMESPACE, makeValidator } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import { quote, type Fault } from './faults';

const rules = makeValidator();

/**
 * All parts of an entity that break the catalog's rules of format. The policy of
 * the catalog has the same rules, but throws only its first error.
 */
export function formatFaults(entity: JsonObject): Fault[] {
  const { apiVersion, kind, metadata } = entity;
  const faults: Array<Fault | undefined> = [
    rules.isValidApiVersion(apiVersion)
      ? undefined
      : invalidName('apiVersion', apiVersion, 'write "backstage.io/v1alpha1"'),
    rules.isValidKind(kind)
      ? undefined
      : invalidName('kind', kind, 'write a kind such as "Component"'),
    isObject(metadata)
      ? undefined
      : invalid('metadata', metadata, 'give an object with a "name"'),
    ...(isObject(metadata) ? metadataFaults(metadata) : []),
  ];
  return faults.filter(fault => fault !== undefined);
}

function metadataFaults(metadata: JsonObject): Array<Fault | undefined> {
  const { name, namespace = DEFAULT_NAMESPACE, tags } = metadata;
  return [
    rules.isValidEntityName(name)
      ? undefined
      : invalidName(
          'metadata.name',
          name,
          'use letters and digits with "-", "_" or "." between them, at most 63 characters; $replace can remove others',
        ),
    rules.isValidNamespace(namespace)
      ? undefined
      : invalidName(
          'metadata.namespace',
          namespace,
          'use a-z and 0-9 with "-" between them, at most 63 characters',
        ),
    ...membersOf(metadata, 'labels').map(labelFault),
    ...membersOf(metadata, 'annotations').map(annotationFault),
    ...(Array.isArray(tags) ? tags.map(tagFault) : []),
  ];
}

type Member = [key: string, value: JsonValue | undefined];

/** The labels or annotations of an entity. */
export function membersOf(
  metadata: JsonObject,
  field: 'labels' | 'annotations',
): Member[] {
  const members = metadata[field];
  return isObject(members) ? Object.entries(members) : [];
}

const KEY_ADVICE =
  'use a key of letters, digits, "-", "_" and ".", after a domain and "/" if you like, such as "example.com/owner"';

function labelFault([key, value]: Member): Fault | undefined {
  const path = fieldPath('metadata.labels', key);
  if (!rules.isValidLabelKey(key)) {
    return invalid(path, value, KEY_ADVICE);
  }
  return rules.isValidLabelValue(value)
    ? undefined
    : invalid(
        path,
        value,
        'use letters and digits with "-", "_" or "." between them, at most 63 characters, or an annotation, which takes any text',
      );
}

function annotationFault([key, value]: Member): Fault | undefined {
  const path = fieldPath('metadata.annotations', key);
  if (!rules.isValidAnnotationKey(key)) {
    return invalid(path, value, KEY_ADVICE);
  }
  return rules.isValidAnnotationValue(value)
    ? undefined
    : invalid(path, value, 'write $string(…) to make it a text');
}

function tagFault(tag: JsonValue, index: number): Fault | undefined {
  return rules.isValidTag(tag)
    ? undefined
    : invalid(
        fieldPath('metadata.tags', index),
        tag,
        'use a-z, 0-9, ":", "+" and "#" with "-" between them, at most 63 characters; $lowercase and $replace can make a tag',
      );
}

/** What an entity is called may be logged, so the message contains it. */
function invalidName(path: string, value: unknown, advice: string): Fault {
  return typeof value === 'string'
    ? {
        code: 'entity-invalid',
        path,
        reason: `is ${quote(value)}, which is not valid; ${advice}`,
      }
    : invalid(path, value, advice);
}

function invalid(path: string, value: unknown, advice: string): Fault {
  return {
    code: 'entity-invalid',
    path,
    reason: `is ${value === undefined ? 'missing' : 'not valid'}; ${advice}`,
    value: quoteValue(value),
  };
}
