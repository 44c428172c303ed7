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
import type { FileFault } from './finding';
import { type CheckKind, MAX_FAULTS, type ModelKinds } from './kindSchemas';
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
  const faults: FileFault[] = [
    ...ofKind,
    ...rootFaults(given),
    ...(policy.length ? formatFaults(given) : [])
      .slice(0, MAX_FAULTS)
      .map(toFileFault),
    ...linkFaults(given).slice(0, MAX_FAULTS),
    ...refFaults(given).slice(0, MAX_FAULTS).map(toFileFault),
    ...coded('entity-invalid', rules.kinds.check(entity)),
    ...coded('schema', schema?.(given) ?? []),
    ...ruleFaults(given, rules),
    ...ofRefs.slice(0, MAX_FAULTS),
    ...misspeltFields(entity).slice(0, MAX_FAULTS),
  ];
  if (faults.length === 0) {
    return { entity, references, faults: policy.map(toFileFault) };
  }
  const substituted = substitutedPaths(given).filter(path => path !== '');
  const distinct = faults.filter(
    ({ path }, index) =>
      !substituted.some(at => isWithin(path, at)) &&
      !faults.slice(0, index).some(known => isWithin(path, known.path)),
  );
  return { entity, references, faults: distinct };
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
    .slice(0, MAX_FAULTS)
    .map(key => ({
      code: 'entity-invalid',
      path: fieldPath('', key),
      reason: `is no field of an entity; ${suggest(key, ROOT_FIELDS)}`,
      isName: true,
    }));
}

function linkFaults({ metadata }: JsonObject): FileFault[] {
  const links = isObject(metadata) ? metadata.links : undefined;
  return (Array.isArray(links) ? links : []).flatMap((link, index) => {
    const url = isObject(link) ? link.url : undefined;
    const isWrong = typeof url === 'string' && url !== '' && !URL.canParse(url);
    const reason = `is not an absolute URL; write one such as "https://example.com"`;
    const path = `metadata.links[${index}].url`;
    return isWrong ? { code: 'entity-invalid', path, reason } : [];
  });
}

const SPEC_FIELDS = GUARDED_FIELDS.map(path => path.slice('spec.'.length));

/** Fields that the catalog would take and never look at. */
function misspeltFields({ apiVersion, spec }: JsonObject): FileFault[] {
  const isOwn = `${apiVersion}`.startsWith(OWN_GROUP);
  const given = isOwn && isObject(spec) ? Object.keys(spec) : [];
  return given
    .filter(key => !SPEC_FIELDS.includes(key) && key.length > 2)
    .flatMap(key => {
      const meant = SPEC_FIELDS.find(
        name => distance(key, name) <= 2 && !given.includes(name),
      );
      const path = fieldPath('spec', key);
      const reason = `is read by nobody; did you mean "${meant}"?`;
      return meant
        ? { code: 'field-misspelt', path, reason, isName: true }
        : [];
    });
}

/** The paths of objects with one key alone that begins with `$`, such as `$text`. */
function substitutedPaths(value: JsonValue | undefined, path = ''): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0].startsWith('$')) {
    return [path];
  }
  return entries.flatMap(([key, member]) =>
    substitutedPaths(
      member,
      fieldPath(path, Array.isArray(value) ? Number(key) : key),
    ),
  );
}
