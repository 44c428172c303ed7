import { DEFAULT_NAMESPACE, makeValidator } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import { quote, type Fault } from './faults';

const rules = makeValidator();

/**
 * All parts of an entity that break the catalog's rules of format. The policy of
 * the catalog has the same rules, but throws only its first error.
 */
export function formatFaults({
  apiVersion,
  kind,
  metadata,
}: JsonObject): Fault[] {
  return [
    ...(rules.isValidApiVersion(apiVersion)
      ? []
      : [invalid('apiVersion', apiVersion, 'write "backstage.io/v1alpha1"')]),
    ...(rules.isValidKind(kind)
      ? []
      : [invalid('kind', kind, 'write a kind such as "Component"')]),
    ...(isObject(metadata)
      ? metadataFaults(metadata)
      : [invalid('metadata', metadata, 'give an object with a "name"')]),
  ];
}

function metadataFaults(metadata: JsonObject): Fault[] {
  const { name, namespace = DEFAULT_NAMESPACE, tags } = metadata;
  return [
    ...(rules.isValidEntityName(name)
      ? []
      : [
          invalid(
            'metadata.name',
            name,
            'use letters and digits with "-", "_" or "." between them, at most 63 characters; $replace can remove others',
          ),
        ]),
    ...(rules.isValidNamespace(namespace)
      ? []
      : [
          invalid(
            'metadata.namespace',
            namespace,
            'use a-z and 0-9 with "-" between them, at most 63 characters',
          ),
        ]),
    ...membersOf(metadata, 'labels').flatMap(labelFault),
    ...membersOf(metadata, 'annotations').flatMap(annotationFault),
    ...(Array.isArray(tags) ? tags.flatMap(tagFault) : []),
  ];
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

type Member = [key: string, value: JsonValue | undefined];

/** The labels or annotations of an entity. */
export function membersOf(
  metadata: JsonObject,
  field: 'labels' | 'annotations',
): Member[] {
  const members = metadata[field];
  return isObject(members) ? Object.entries(members) : [];
}

const KEY_REASON =
  'is not a valid key; use a name of letters, digits, "-", "_" and ".", after a domain and "/" if you like, such as "example.com/owner"';

function labelFault([key, value]: Member): Fault[] {
  const path = fieldPath('metadata.labels', key);
  if (!rules.isValidLabelKey(key)) {
    return [{ code: 'entity-invalid', path, reason: KEY_REASON }];
  }
  return rules.isValidLabelValue(value)
    ? []
    : [
        {
          code: 'entity-invalid',
          path,
          reason:
            'is not a valid label value; use letters and digits with "-", "_" or "." between them, at most 63 characters, or an annotation, which takes any text',
          value: quoteValue(value),
        },
      ];
}

function annotationFault([key, value]: Member): Fault[] {
  const path = fieldPath('metadata.annotations', key);
  if (!rules.isValidAnnotationKey(key)) {
    return [{ code: 'entity-invalid', path, reason: KEY_REASON }];
  }
  return rules.isValidAnnotationValue(value)
    ? []
    : [
        {
          code: 'entity-invalid',
          path,
          reason: 'is not a text; write $string(…) around it',
          value: quoteValue(value),
        },
      ];
}

function tagFault(tag: JsonValue, index: number): Fault[] {
  return rules.isValidTag(tag)
    ? []
    : [
        {
          code: 'entity-invalid',
          path: fieldPath('metadata.tags', index),
          reason:
            'is not a tag; use a-z, 0-9, ":", "+" and "#" with "-" between them, at most 63 characters; $lowercase and $replace can make one',
          value: quoteValue(tag),
        },
      ];
}
