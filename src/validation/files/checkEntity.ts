import { makeValidator } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { distance } from 'fastest-levenshtein';
import type { CatalogCheck } from '../../config/catalogCheck';
import { GUARDED_FIELDS } from '../../config/guardedFields';
import { suggest } from '../../config/messages';
import { fieldPath, isObject, quoteValue } from '../../lib/values';
import { isWithin } from '../createEntityValidator';
import type { Fault } from '../faults';
import { formatFaults } from '../formatFaults';
import { policyFaults } from '../kindFaults';
import { refFaults } from '../refFaults';
import { type FileFault, severityOf } from './finding';
import { findReplaced } from './findReplaced';
import type { CheckKind, ModelKinds } from './kindSchemas';
import { type Reference, readReferences } from './references';
import { ruleFaults } from './ruleFaults';

export interface EntityRules extends CatalogCheck {
  kinds: ModelKinds;
  /** By kind or by `apiVersion/kind`, in lower case. */
  compiledSchemas: Map<string, CheckKind>;
}

export interface CheckedEntity {
  /** With the kind that was meant. */
  entity: JsonObject;
  references: Reference[];
  faults: FileFault[];
}

/** Of each check, which may find as many as an entity has parts. */
const MAX_FAULTS = 20;

/**
 * What is wrong with an entity by itself. What the catalog will replace is not
 * known, and right.
 */
export async function checkEntity(
  given: JsonObject,
  rules: EntityRules,
): Promise<CheckedEntity> {
  const schema = schemaOf(given, rules);
  const { entity, faults: ofKind } = schema
    ? { entity: given, faults: [] }
    : correctKind(given, rules.kinds);
  const policy = await policyFaults(given);
  const { references, faults: ofRefs } = readReferences(entity);
  const checks: FileFault[][] = [
    ofKind,
    rootFaults(given),
    (policy.length ? formatFaults(given) : []).map(toFileFault),
    relativeLinkFaults(given),
    refFaults(given).map(toFileFault),
    coded('entity-invalid', rules.kinds.check(entity)),
    coded('schema', schema?.(given) ?? []),
    ruleFaults(given, rules),
    ofRefs,
    misspeltFields(entity, rules.kinds),
  ];
  if (checks.every(faults => faults.length === 0)) {
    return { entity, references, faults: policy.map(toFileFault) };
  }
  const isReplaced = findReplaced(given);
  const faults = checks.flatMap(found =>
    found
      .filter(({ code }) => severityOf(rules, code) !== 'off')
      .filter(({ path }) => !isReplaced(path))
      .slice(0, MAX_FAULTS),
  );
  return { entity, references, faults: distinct(faults) };
}

/** Without those at or below the path of another that comes first. */
function distinct(faults: FileFault[]): FileFault[] {
  return faults.filter(
    ({ path }, index) =>
      !faults.slice(0, index).some(known => isWithin(path, known.path)),
  );
}

function coded(
  code: FileFault['code'],
  faults: Array<Omit<FileFault, 'code'>>,
): FileFault[] {
  return faults.map(fault => ({ code, ...fault }));
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

const OWN_GROUP = 'backstage.io/';
/** Of other plugins, which may have newer versions. */
const FOREIGN =
  /^(?:scaffolder\.backstage\.io\/[^/]+\/Template|backstage\.io\/[^/]+\/AiResource)$/;
const formats = makeValidator();

/** Whether the catalog knows the kind in this version, and the entity as if it did. */
function correctKind(
  entity: JsonObject,
  { names }: ModelKinds,
): Pick<CheckedEntity, 'entity' | 'faults'> {
  const { apiVersion, kind } = entity;
  const name = `${apiVersion}/${kind}`;
  if (
    names.has(name) ||
    FOREIGN.test(name) ||
    !formats.isValidKind(kind) ||
    !formats.isValidApiVersion(apiVersion)
  ) {
    return { entity, faults: [] };
  }
  const all = [...names].map(splitName);
  const known = all.find(
    other => other.kind.toLowerCase() === `${kind}`.toLowerCase(),
  );
  if (known === undefined) {
    const isOwn = `${apiVersion}`.startsWith(OWN_GROUP);
    const kinds = [...new Set(all.map(other => other.kind))];
    const advice = `${suggest(
      `${kind}`,
      kinds,
    )} ("schemas" of .catalog-check.yaml names kinds of your own)`;
    return isOwn
      ? { entity, faults: [unknown('kind', kind, advice)] }
      : { entity, faults: [] };
  }
  const corrected = all.find(
    other => other.kind === known.kind && other.apiVersion === apiVersion,
  );
  return {
    entity: { ...entity, ...(corrected ?? known) },
    faults: [
      ...(known.kind === kind
        ? []
        : [unknown('kind', kind, `write "${known.kind}"`)]),
      ...(corrected
        ? []
        : [
            unknown(
              'apiVersion',
              apiVersion,
              `write "${known.apiVersion}" for a ${known.kind}`,
            ),
          ]),
    ],
  };
}

function splitName(name: string) {
  const slash = name.lastIndexOf('/');
  return { apiVersion: name.slice(0, slash), kind: name.slice(slash + 1) };
}

function unknown(path: string, value: unknown, advice: string): FileFault {
  const given = quoteValue(value);
  const reason = `is ${given}, which the catalog does not know; ${advice}`;
  return { code: 'kind-unknown', path, reason };
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec'];

function rootFaults(entity: JsonObject): FileFault[] {
  return Object.keys(entity)
    .filter(key => !ROOT_FIELDS.includes(key))
    .map(key => ({
      code: 'entity-invalid',
      path: fieldPath('', key),
      reason: `is no field of an entity; ${suggest(key, ROOT_FIELDS)}`,
      isName: true,
    }));
}

function relativeLinkFaults({ metadata }: JsonObject): FileFault[] {
  const links = isObject(metadata) ? metadata.links : undefined;
  return (Array.isArray(links) ? links : []).flatMap((link, index) => {
    const url = isObject(link) ? link.url : undefined;
    const isWrong = typeof url === 'string' && url !== '' && !URL.canParse(url);
    const reason = `is not an absolute URL; write one such as "https://example.com"`;
    const path = `metadata.links[${index}].url`;
    return isWrong ? { code: 'entity-invalid', path, reason } : [];
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

/** Fields of the catalog's own kinds that it would take and never look at. */
function misspeltFields(
  { apiVersion, kind, metadata, spec }: JsonObject,
  { names }: ModelKinds,
): FileFault[] {
  const isOwn =
    `${apiVersion}`.startsWith(OWN_GROUP) && names.has(`${apiVersion}/${kind}`);
  return isOwn
    ? [
        ...misspeltIn('metadata', metadata, METADATA_FIELDS),
        ...misspeltIn('spec', spec, SPEC_FIELDS),
      ]
    : [];
}

function misspeltIn(
  parent: string,
  value: JsonValue | undefined,
  fields: string[],
): FileFault[] {
  const given = isObject(value) ? Object.keys(value) : [];
  return (
    given
      // The catalog sets `etag`, which is nearly called like `tags`.
      .filter(key => !['etag', ...fields].includes(key) && key.length > 2)
      .flatMap(key => {
        const meant = fields.find(
          name => distance(key, name) <= 2 && !given.includes(name),
        );
        const path = fieldPath(parent, key);
        const reason = `is read by nobody; did you mean "${meant}"?`;
        return meant
          ? { code: 'field-misspelt', path, reason, isName: true }
          : [];
      })
  );
}
