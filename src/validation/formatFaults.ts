import { DEFAULT_NAMESPACE, makeValidator } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import type { Fault } from './faults';

const rules = makeValidator();

/**
 * All parts of an entity that break the catalog's rules of format. The policy of
 * the catalog has the same rules, but throws only its first error.
 */
export function formatFaults(entity: JsonObject): Fault[] {
  const { apiVersion, kind, metadata } = entity;
  const faults = [
    !rules.isValidApiVersion(apiVersion) &&
      invalidName('apiVersion', apiVersion, 'write "backstage.io/v1alpha1"'),
    !rules.isValidKind(kind) &&
      invalidName('kind', kind, 'write a kind such as "Component"'),
    ...(isObject(metadata)
      ? metadataFaults(metadata)
      : [invalid('metadata', metadata, 'give an object with a "name"')]),
  ];
  return faults.filter(fault => fault !== false);
}

function metadataFaults(metadata: JsonObject): Array<Fault | false> {
  const { name, namespace = DEFAULT_NAMESPACE, tags } = metadata;
  return [
    !rules.isValidEntityName(name) &&
      invalidName(
        'metadata.name',
        name,
        'use letters and digits with "-", "_" or "." between them, at most 63 characters',
        '$entityName(…) makes such a name, $slug(…) one in lower case',
      ),
    !rules.isValidNamespace(namespace) &&
      invalidName(
        'metadata.namespace',
        namespace,
        'use a-z and 0-9 with "-" between them, at most 63 characters',
        '$slug(…) makes such a name',
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

function labelFault([key, value]: Member): Fault | false {
  const path = fieldPath('metadata.labels', key);
  if (!rules.isValidLabelKey(key)) {
    return invalid(path, value, KEY_ADVICE);
  }
  return (
    !rules.isValidLabelValue(value) &&
    invalid(
      path,
      value,
      'use letters and digits with "-", "_" or "." between them, at most 63 characters, or an annotation, which takes any text',
      '$entityName(…) makes such a text',
    )
  );
}

function annotationFault([key, value]: Member): Fault | false {
  const path = fieldPath('metadata.annotations', key);
  if (!rules.isValidAnnotationKey(key)) {
    return invalid(path, value, KEY_ADVICE);
  }
  return (
    !rules.isValidAnnotationValue(value) &&
    invalid(path, value, 'give a text', '$string(…) makes it a text')
  );
}

function tagFault(tag: JsonValue, index: number): Fault | false {
  return (
    !rules.isValidTag(tag) &&
    invalid(
      fieldPath('metadata.tags', index),
      tag,
      'use a-z, 0-9, ":", "+" and "#" with "-" between them, at most 63 characters',
      '$slug(…) makes a tag',
    )
  );
}

/** What an entity is called may be logged, so the message contains it. */
function invalidName(
  path: string,
  value: unknown,
  expected: string,
  advice?: string,
): Fault {
  const reason = `is ${quoteValue(value)}, which is not valid; ${expected}`;
  return typeof value === 'string'
    ? { code: 'entity-invalid', path, reason, advice }
    : invalid(path, value, expected, advice);
}

function invalid(
  path: string,
  value: unknown,
  expected: string,
  advice?: string,
): Fault {
  const reason = `is ${
    value === undefined ? 'missing' : 'not valid'
  }; ${expected}`;
  const code = 'entity-invalid';
  return { code, path, reason, advice, value: quoteValue(value) };
}
