import type { JsonObject, JsonValue } from '@backstage/types';
import { Ajv, type Options, type SchemaValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { canonicalJson } from '../lib/canonicalJson';

/** By the value of `$schema`, without its protocol and its empty fragment. */
const DIALECTS: Record<string, new (options: Options) => Ajv> = {
  'json-schema.org/draft-07/schema': Ajv,
  'json-schema.org/draft/2019-09/schema': Ajv2019,
  'json-schema.org/draft/2020-12/schema': Ajv2020,
};
const DEFAULT_DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Keywords that OpenAPI, editors and form builders write into schemas, and no validator reads. */
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

/** Formats of the standard that `ajv-formats` does not check. */
const UNCHECKED_FORMATS = ['idn-email', 'idn-hostname', 'iri', 'iri-reference'];

/** Compiles a `pattern`. Throws for one that it does not support. */
export type PatternCompiler = (
  pattern: string,
  flags: string,
) => { test(text: string): boolean };

/**
 * The keyword `uniqueItems` in linear time. The library's own compares each item
 * with each other, which is too slow for long lists from outside.
 */
export const uniqueItems = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate: checkUnique,
} as const;

/**
 * A validator for the dialect that a schema names. An unknown keyword is an
 * error, since a misspelt keyword would let everything pass. `x-…` is allowed.
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
  // The library's own regular expression takes quadratic time.
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

/** Ajv expects such a keyword to set `errors` on its own function. */
function checkUnique(wanted: boolean, items: JsonValue[]): boolean {
  const pair = wanted ? findEqualPair(items) : undefined;
  const validate: SchemaValidateFunction = checkUnique;
  validate.errors = pair && [
    {
      keyword: 'uniqueItems',
      message: `must NOT have duplicate items (items ## ${pair.j} and ${pair.i} are identical)`,
      params: pair,
    },
  ];
  return pair === undefined;
}

/** The first item that is equal to an earlier one. `i` and `j` are the library's names. */
function findEqualPair(
  items: JsonValue[],
): { i: number; j: number } | undefined {
  const indexes = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const text = canonicalJson(item);
    const j = indexes.get(text);
    if (j !== undefined) {
      return { i, j };
    }
    indexes.set(text, i);
  }
  return undefined;
}
