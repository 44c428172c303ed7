import type { JsonObject, JsonValue } from '@backstage/types';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import { catalogRules, memoize } from './catalogRules';
import type { Fault } from './faults';
import { isScriptUrl } from './linkFaults';

const OWN_PREFIXES = [DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX];
const KEY_ADVICE =
  'use a name of letters, digits, "-", "_" and ".", after a domain and "/" if you like, such as "example.com/owner"';

type MemberFault = Omit<Fault, 'path'>;

const isReserved = memoize(key => {
  const lowerCase = String(key).toLowerCase();
  const [domain] = lowerCase.split('/');
  return (
    domain === 'backstage.io' ||
    domain.endsWith('.backstage.io') ||
    OWN_PREFIXES.some(prefix => lowerCase.startsWith(prefix))
  );
});

const RESERVED: MemberFault = {
  code: 'annotation-not-allowed',
  reason:
    'is reserved: external data may set no key of backstage.io and no deployment annotation; use a domain of your own',
};

/** What is wrong with labels, annotations and tags. */
export function metadataFaults(
  metadata: JsonObject,
  requiredAnnotations: string[],
): Fault[] {
  return [
    ...memberFaults(metadata, 'labels', labelFault),
    ...memberFaults(metadata, 'annotations', annotationFault),
    ...missingAnnotations(metadata, requiredAnnotations),
    ...tagFaults(metadata),
  ];
}

function memberFaults(
  metadata: JsonObject,
  field: string,
  check: (key: string, value?: JsonValue) => MemberFault | undefined,
): Fault[] {
  const members = metadata[field];
  if (!isObject(members)) {
    return [];
  }
  return Object.keys(members).flatMap(key => {
    const fault = check(key, members[key]);
    return fault ? { ...fault, path: fieldPath(`metadata.${field}`, key) } : [];
  });
}

function labelFault(key: string, value?: JsonValue): MemberFault | undefined {
  if (isReserved(key)) {
    return RESERVED;
  }
  if (!catalogRules.isValidLabelKey(key)) {
    return invalid(`is not a valid key; ${KEY_ADVICE}`);
  }
  return catalogRules.isValidLabelValue(value)
    ? undefined
    : invalid(
        'is not a valid label value; use letters and digits with "-", "_" or "." between them, at most 63 characters, or an annotation, which takes any text',
        value,
      );
}

function annotationFault(
  key: string,
  value?: JsonValue,
): MemberFault | undefined {
  if (isReserved(key)) {
    return RESERVED;
  }
  if (!catalogRules.isValidAnnotationKey(key)) {
    return invalid(`is not a valid key; ${KEY_ADVICE}`);
  }
  if (
    typeof value !== 'string' ||
    !catalogRules.isValidAnnotationValue(value)
  ) {
    return invalid('is not a text; write $string(…) around it', value);
  }
  return isScriptUrl(value)
    ? {
        code: 'annotation-not-allowed',
        reason:
          'is a javascript:, vbscript: or data: URL, which is not allowed; leave it out',
        value: quoteValue(value),
      }
    : undefined;
}

function invalid(reason: string, value?: JsonValue): MemberFault {
  return { code: 'entity-invalid', reason, value: quoteValue(value) };
}

function missingAnnotations(metadata: JsonObject, required: string[]): Fault[] {
  const annotations = isObject(metadata.annotations)
    ? metadata.annotations
    : {};
  return required.flatMap(key => {
    const value = Object.hasOwn(annotations, key)
      ? annotations[key]
      : undefined;
    const isBlank = typeof value === 'string' && value.trim() === '';
    return value === undefined || isBlank
      ? {
          code: 'annotation-missing',
          path: fieldPath('metadata.annotations', key),
          reason: `is ${
            isBlank ? 'empty' : 'missing'
          }, and "requiredAnnotations" of the source asks for it; set it in the entity template, from a field that every record has`,
        }
      : [];
  });
}

function tagFaults({ tags }: JsonObject): Fault[] {
  if (!Array.isArray(tags)) {
    return [];
  }
  return tags.flatMap((tag, index) =>
    catalogRules.isValidTag(tag)
      ? []
      : {
          code: 'entity-invalid',
          path: fieldPath('metadata.tags', index),
          reason:
            'is not a tag; use a-z, 0-9, ":", "+" and "#" with "-" between them, at most 63 characters; $lowercase and $replace can make one',
          value: quoteValue(tag),
        },
  );
}
