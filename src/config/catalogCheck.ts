import { z } from 'zod';
import { annotationKey } from './entities';
import { block } from './primitives';

/** What can be found in a file, and how severe it is by default. */
export const DEFAULT_SEVERITIES = {
  'file-too-large': 'error',
  'file-empty': 'error',
  'file-encoding': 'error',
  'yaml-syntax': 'error',
  'yaml-duplicate-key': 'error',
  'yaml-aliases': 'error',
  'yaml-merge-key': 'warning',
  'not-a-mapping': 'error',
  'entity-invalid': 'error',
  'kind-unknown': 'error',
  schema: 'error',
  'field-misspelt': 'warning',
  'link-not-allowed': 'warning',
  'annotation-missing': 'error',
  'tag-missing': 'error',
  'lifecycle-not-allowed': 'error',
  'type-not-allowed': 'error',
  'ref-malformed': 'error',
  'ref-unresolved': 'error',
  'target-missing': 'error',
  'entity-duplicate': 'error',
  'relation-cycle': 'warning',
} as const satisfies Record<string, 'error' | 'warning'>;

export type FindingCode = keyof typeof DEFAULT_SEVERITIES;

export const FINDING_CODES = Object.keys(DEFAULT_SEVERITIES) as FindingCode[];

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
