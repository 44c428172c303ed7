import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import type { Fault } from './faults';
import { membersOf } from './formatFaults';
import { isScriptUrl } from './linkFaults';

/** What a source may emit, and what it has to. */
export type Allowed = Pick<SourceSettings, 'kinds' | 'namespaces'> &
  Partial<Pick<SourceSettings, 'requiredAnnotations'>>;

/** What an entity of a source has without being allowed to, and what it lacks. */
export function allowedFaults(entity: JsonObject, allowed: Allowed): Fault[] {
  const metadata = isObject(entity.metadata) ? entity.metadata : {};
  const { namespace = DEFAULT_NAMESPACE } = metadata;
  return [
    ...notListed('kind', 'kind', entity.kind, allowed),
    ...notListed('namespace', 'metadata.namespace', namespace, allowed),
    ...reservedFields(entity, metadata),
    ...reservedKeys(metadata),
    ...scriptUrls(metadata),
    ...missingAnnotations(metadata, allowed.requiredAnnotations ?? []),
  ];
}

function notListed(
  what: 'kind' | 'namespace',
  path: string,
  value: unknown,
  allowed: Allowed,
): Fault[] {
  const listed = allowed[`${what}s`];
  if (listed.some(item => item === value)) {
    return [];
  }
  const known = listed.map(quoteValue).join(', ');
  const reason = `is ${quoteValue(
    value,
  )}, and the source may give only ${known}; add it to "${what}s" of the source if that is intended`;
  return [{ code: `${what}-not-allowed`, path, reason }];
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec'];
const CATALOG_FIELDS = ['uid', 'etag'];

/** Fields that only the catalog sets, and root fields that it does not know. */
function reservedFields(entity: JsonObject, metadata: JsonObject): Fault[] {
  const paths = [
    ...Object.keys(entity)
      .filter(field => !ROOT_FIELDS.includes(field))
      .map(field => fieldPath('', field)),
    ...CATALOG_FIELDS.filter(field => Object.hasOwn(metadata, field)).map(
      field => fieldPath('metadata', field),
    ),
  ];
  return paths.map(path => ({
    code: 'entity-invalid',
    path,
    reason: 'cannot be set from outside the catalog; leave it out',
  }));
}

function reservedKeys(metadata: JsonObject): Fault[] {
  return (['labels', 'annotations'] as const).flatMap(field =>
    membersOf(metadata, field)
      .filter(([key]) => isReservedKey(key))
      .map(([key]) => ({
        code: 'annotation-not-allowed',
        path: fieldPath(`metadata.${field}`, key),
        reason:
          'is reserved: external data may set no key of backstage.io and no deployment annotation; use a domain of your own',
      })),
  );
}

const OWN_PREFIXES = [DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX];

/** Whether only the catalog, its processors and this module set a label or annotation. */
export function isReservedKey(key: string): boolean {
  const lowerCase = key.toLowerCase();
  const [domain] = lowerCase.split('/');
  return (
    domain === 'backstage.io' ||
    domain.endsWith('.backstage.io') ||
    OWN_PREFIXES.some(prefix => lowerCase.startsWith(prefix))
  );
}

function scriptUrls(metadata: JsonObject): Fault[] {
  return membersOf(metadata, 'annotations')
    .filter(([, value]) => typeof value === 'string' && isScriptUrl(value))
    .map(([key, value]) => ({
      code: 'annotation-not-allowed',
      path: fieldPath('metadata.annotations', key),
      reason:
        'is a javascript:, vbscript: or data: URL, which is not allowed; leave it out',
      value: quoteValue(value),
    }));
}

function missingAnnotations(
  { annotations }: JsonObject,
  required: string[],
): Fault[] {
  const present = isObject(annotations) ? annotations : {};
  return required.flatMap(key => {
    const value = Object.hasOwn(present, key) ? present[key] : undefined;
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
