import { z } from 'zod';
import { annotationKey } from './entities';
import { block } from './primitives';

const error = (meaning: string) => ({ severity: 'error', meaning } as const);
const warning = (meaning: string) =>
  ({ severity: 'warning', meaning } as const);

/** What can be found in a file, how severe it is by default, and what it means. */
export const FINDINGS = {
  'file-too-large': error('the file has more than 5 MB; it is not read'),
  'file-empty': error('there is no entity in the file'),
  'file-encoding': error('the file is not UTF-8'),
  'yaml-syntax': error(
    'the file is not YAML, is nested more than 200 levels deep, or has more than 10,000 keys in one map',
  ),
  'yaml-duplicate-key': error('a map has a key twice'),
  'yaml-aliases': error(
    'an alias has no anchor, or aliases make too much of the file',
  ),
  'not-a-mapping': error('a document is a list or a text'),
  'entity-invalid': error(
    'the catalog refuses the entity, by its own rules or the schema of its kind',
  ),
  'kind-unknown': error(
    'the catalog does not know the kind, or not in this version',
  ),
  schema: error('a schema of your own is broken'),
  'field-misspelt': warning(
    'a field of "metadata" or "spec" that nobody reads is nearly called like one that is not set; only in the catalog\'s own kinds',
  ),
  'annotation-missing': error(
    'an annotation that is required is missing or empty',
  ),
  'tag-missing': error('a tag that is required is missing'),
  'lifecycle-not-allowed': error(
    'the lifecycle is not one of those that are allowed',
  ),
  'type-not-allowed': error('the type is not one of those that are allowed'),
  'ref-malformed': warning(
    'no entity can be called what a ref names; the catalog takes it, and the relation leads nowhere',
  ),
  'ref-unresolved': error('nothing gives the entity that a ref names'),
  'target-missing': error(
    'a Location names a file that is not there, by a relative path',
  ),
  'entity-duplicate': error('two documents give the same entity'),
  'relation-cycle': warning(
    '"dependsOn", "partOf" or "childOf" lead back to the entity',
  ),
};

export type FindingCode = keyof typeof FINDINGS;

export const FINDING_CODES = Object.keys(FINDINGS) as FindingCode[];

export type Severity = 'error' | 'warning' | 'off';

const word = z.string().min(1, { error: 'is empty' });
const severity = z.enum(['error', 'warning', 'off']);

/** By kind, or `*` for all kinds. */
function byKind<T extends z.ZodType>(rules: T) {
  return z.record(z.string(), rules).default({});
}

/** All of `.catalog-check.yaml`. docs/validate.md is tested against it. */
export const catalogCheck = block({
  required: byKind(
    block({
      annotations: z.array(annotationKey).default([]),
      tags: z.array(word).default([]),
    }),
  ),
  allowed: byKind(
    block({
      lifecycles: z.array(word).optional(),
      types: z.array(word).optional(),
    }),
  ),
  /** Files with a JSON Schema, by kind or by `apiVersion/kind`. */
  schemas: z.record(z.string(), word).default({}),
  severities: block(
    Object.fromEntries(
      FINDING_CODES.map(code => [code, severity.optional()]),
    ) as Record<FindingCode, z.ZodOptional<typeof severity>>,
  ).default({}),
});

export type CatalogCheck = z.output<typeof catalogCheck>;
