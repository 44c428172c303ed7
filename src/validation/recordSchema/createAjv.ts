import type { JsonObject, JsonValue } from '@backstage/types';
import { Ajv, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { uniqueItems } from './uniqueItems';

/** By what `$schema` says, without its protocol and its empty fragment. */
const DIALECTS: Record<string, new (options: Options) => Ajv> = {
  'json-schema.org/draft-07/schema': Ajv,
  'json-schema.org/draft/2019-09/schema': Ajv2019,
  'json-schema.org/draft/2020-12/schema': Ajv2020,
};
const DEFAULT_DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** What OpenAPI, editors and form builders write into schemas, and no validator reads. */
const ANNOTATIONS = [
  'defaultSnippets',
  'discriminator',
  'enumDescriptions',
  'enumNames',
  'example',
  'externalDocs',
  'markdownDescription',
  'xml',
];

/** Formats of the standard that are not checked. */
const UNCHECKED_FORMATS = ['idn-email', 'idn-hostname', 'iri', 'iri-reference'];

/** Compiles a `pattern`; throws for one that it does not support. */
export type PatternCompiler = (
  pattern: string,
  flags: string,
) => { test(text: string): boolean };

/**
 * A validator for schemas of the dialect that one names. An unknown keyword is
 * an error, since a misspelt one would let everything pass; `x-…` are allowed.
 */
export function createAjv(
  schema: JsonObject,
  compilePattern?: PatternCompiler,
): Ajv {
  const ajv = new (dialectOf(schema))({
    allErrors: true,
    logger: false,
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    allowMatchingProperties: true,
    ...(compilePattern && {
      code: { regExp: Object.assign(compilePattern, { code: 'undefined' }) },
    }),
  });
  ajv.removeKeyword(uniqueItems.keyword).addKeyword(uniqueItems);
  addFormats(ajv);
  // The library's own expression takes time that grows with the square of the text.
  ajv.addFormat('url', { validate: (text: string) => URL.canParse(text) });
  UNCHECKED_FORMATS.forEach(format => ajv.addFormat(format, true));
  ajv.addVocabulary([...ANNOTATIONS, ...ownKeywords(schema)]);
  return ajv;
}

function dialectOf({ $schema = DEFAULT_DIALECT }: JsonObject) {
  const dialect = String($schema).replace(/^https?:\/\/|#$/g, '');
  if (!Object.hasOwn(DIALECTS, dialect)) {
    throw new Error(
      `"$schema" is ${JSON.stringify($schema)}; use one of ${Object.keys(
        DIALECTS,
      ).join(', ')}, or leave it out for draft 2020-12`,
    );
  }
  return DIALECTS[dialect];
}

function ownKeywords(schema: JsonObject): Set<string> {
  const found = new Set<string>();
  const waiting: JsonValue[] = [schema];
  while (waiting.length) {
    const value = waiting.pop();
    for (const [key, member] of Object.entries(Object(value))) {
      if (key.startsWith('x-')) {
        found.add(key);
      }
      if (typeof member === 'object') {
        waiting.push(member as JsonValue);
      }
    }
  }
  return found;
}
