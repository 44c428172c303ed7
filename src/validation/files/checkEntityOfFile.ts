import { makeValidator } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { distance } from 'fastest-levenshtein';
import type { CatalogCheck } from '../../config/catalogCheck';
import { KINDS } from '../../config/entities';
import { GUARDED_FIELDS } from '../../config/guardedFields';
import { suggest } from '../../config/messages';
import { fieldPath, isObject, quoteValue } from '../../lib/values';
import { isWithin } from '../createEntityValidator';
import type { Fault } from '../faults';
import { formatFaults } from '../formatFaults';
import { policyFaults } from '../kindFaults';
import { isScriptUrl, linkUrlFault } from '../linkFaults';
import { refFaults } from '../refFaults';
import type { FileFault } from './finding';
import { ruleFaults } from './ruleFaults';
import { type CheckKind, catalogSchemaFaults } from './schemaFaults';
import { substitutedPaths } from './substitutions';

export interface EntityRules extends CatalogCheck {
  /** By kind or by `apiVersion/kind`, in lower case. */
  compiledSchemas: Map<string, CheckKind>;
}

/** Of each check, which may find as many as an entity has parts. */
export const MAX_FAULTS = 20;

/**
 * What is wrong with an entity by itself. What the catalog will replace is not
 * known, and right. The entity is then with the kind that was meant.
 */
export async function checkEntityOfFile(
  entity: JsonObject,
  rules: EntityRules,
): Promise<{ entity: JsonObject; faults: FileFault[] }> {
  const schema = schemaOf(entity, rules);
  const kinds = schema ? { entity, faults: [] } : correctKind(entity);
  const policy = await policyFaults(entity);
  const ofSchema = schema ? await schema(entity) : [];
  const ofRoot = rootFaults(entity);
  const checked = ofRoot.length ? withoutUnknown(kinds.entity) : kinds.entity;
  const faults: FileFault[] = [
    ...kinds.faults,
    ...ofRoot,
    ...(policy.length ? formatFaults(entity).slice(0, MAX_FAULTS) : []).map(
      toFileFault,
    ),
    ...linkFaults(entity).slice(0, MAX_FAULTS),
    ...refFaults(entity).slice(0, MAX_FAULTS).map(toFileFault),
    ...(await catalogSchemaFaults(checked)).map(toFileFault),
    ...ofSchema.map(fault => ({
      ...toFileFault(fault),
      code: 'schema' as const,
    })),
    ...ruleFaults(entity, rules),
    ...misspeltFields(kinds.entity),
  ];
  if (faults.length === 0) {
    return { entity: kinds.entity, faults: policy.map(toFileFault) };
  }
  const substituted = substitutedPaths(entity).filter(path => path !== '');
  const distinct = faults.filter(
    ({ path }, index) =>
      !substituted.some(at => isWithin(path, at)) &&
      !faults.slice(0, index).some(known => isWithin(path, known.path)),
  );
  return { entity: kinds.entity, faults: distinct };
}

/** What YAML takes for something else than a text. */
const BARE = /^(?:true|false|-?\d)/;

function toFileFault({ path, reason, value }: Fault): FileFault {
  const isBare = reason.startsWith('is not valid') && BARE.test(value ?? '');
  const advice = isBare ? ', which is a text only in quotes' : '';
  const found = value === undefined ? '' : ` (found ${value}${advice})`;
  return { code: 'entity-invalid', path, reason: `${reason}${found}` };
}

function schemaOf(
  { apiVersion, kind }: JsonObject,
  { compiledSchemas }: EntityRules,
): CheckKind | undefined {
  const [exact, ofKind] = [`${apiVersion}/${kind}`, `${kind}`];
  return (
    compiledSchemas.get(exact.toLowerCase()) ??
    compiledSchemas.get(ofKind.toLowerCase())
  );
}

const OWN_GROUP = /^backstage\.io\//;
const API_VERSIONS = ['backstage.io/v1alpha1', 'backstage.io/v1beta1'];
const TEMPLATE_API_VERSION = 'scaffolder.backstage.io/v1beta3';
const rules = makeValidator();

/** Whether the catalog knows the kind in this version, and the entity as if it did. */
function correctKind(entity: JsonObject): {
  entity: JsonObject;
  faults: FileFault[];
} {
  const { apiVersion, kind } = entity;
  if (!rules.isValidKind(kind) || !rules.isValidApiVersion(apiVersion)) {
    return { entity, faults: [] };
  }
  const isOwn = OWN_GROUP.test(`${apiVersion}`);
  const known = KINDS.find(
    name => name.toLowerCase() === `${kind}`.toLowerCase(),
  );
  const fault = (path: string, value: unknown, advice: string): FileFault => ({
    code: 'kind-unknown',
    path,
    reason: `is ${quoteValue(
      value,
    )}, which the catalog does not know; ${advice}`,
  });
  if (known === undefined) {
    const advice = `${suggest(
      `${kind}`,
      KINDS,
    )} ("schemas" of .catalog-check.yaml names kinds of your own)`;
    const isUnknown = isOwn && kind !== 'AiResource';
    return { entity, faults: isUnknown ? [fault('kind', kind, advice)] : [] };
  }
  const versions = known === 'Template' ? [TEMPLATE_API_VERSION] : API_VERSIONS;
  const isVersion = versions.includes(`${apiVersion}`);
  const faults = [
    ...(known === kind ? [] : [fault('kind', kind, `write "${known}"`)]),
    ...(isVersion || isNewerTemplate(apiVersion)
      ? []
      : [
          fault(
            'apiVersion',
            apiVersion,
            `write "${versions[0]}" for a ${known}`,
          ),
        ]),
  ];
  const corrected = isVersion ? apiVersion : versions[0];
  return { entity: { ...entity, kind: known, apiVersion: corrected }, faults };
}

/** Templates come from another plugin, which may have newer versions. */
function isNewerTemplate(apiVersion: unknown): boolean {
  return `${apiVersion}`.startsWith('scaffolder.backstage.io/');
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec'];

function rootFaults(entity: JsonObject): FileFault[] {
  return Object.keys(entity)
    .filter(key => !ROOT_FIELDS.includes(key))
    .slice(0, MAX_FAULTS)
    .map(key => ({
      code: 'entity-invalid',
      path: fieldPath('', key),
      reason: `is no field of an entity; ${suggest(key, ROOT_FIELDS)}`,
      isName: true,
    }));
}

function withoutUnknown(entity: JsonObject): JsonObject {
  return Object.fromEntries(
    ROOT_FIELDS.filter(key => Object.hasOwn(entity, key)).map(key => [
      key,
      entity[key],
    ]),
  );
}

function linkFaults({ metadata }: JsonObject): FileFault[] {
  const links = isObject(metadata) ? metadata.links : undefined;
  return (Array.isArray(links) ? links : []).flatMap((link, index) => {
    const url = isObject(link) ? link.url : undefined;
    if (typeof url !== 'string' || url === '') {
      return [];
    }
    const path = `metadata.links[${index}].url`;
    if (isScriptUrl(url)) {
      const reason = 'is a URL that a browser would run; use another';
      return { code: 'link-not-allowed', path, reason };
    }
    return URL.canParse(url)
      ? []
      : {
          code: 'entity-invalid',
          path,
          reason: `${linkUrlFault(
            url,
          )}; write one such as "https://example.com"`,
        };
  });
}

const METADATA_FIELDS = [
  'name',
  'namespace',
  'title',
  'description',
  'labels',
  'annotations',
  'tags',
  'links',
];
const SPEC_FIELDS = GUARDED_FIELDS.map(path => path.slice('spec.'.length));

/** Fields that the catalog would take and never look at. */
function misspeltFields({ kind, metadata, spec }: JsonObject): FileFault[] {
  const isKnownKind = KINDS.includes(`${kind}`) && kind !== 'Template';
  return [
    ...misspelt(metadata, 'metadata', METADATA_FIELDS),
    ...(isKnownKind ? misspelt(spec, 'spec', SPEC_FIELDS) : []),
  ];
}

function misspelt(value: unknown, path: string, known: string[]): FileFault[] {
  const given = Object.keys(isObject(value) ? value : {});
  return given
    .filter(key => !known.includes(key) && key.length > 2)
    .slice(0, MAX_FAULTS)
    .flatMap(key => {
      const meant = known.find(
        name => distance(key, name) <= 2 && !given.includes(name),
      );
      const reason = `is read by nobody; did you mean "${meant}"?`;
      return meant === undefined
        ? []
        : {
            code: 'field-misspelt',
            path: fieldPath(path, key),
            reason,
            isName: true,
          };
    });
}
