import type { JsonValue } from '@backstage/types';
import type { SchemaValidateFunction } from 'ajv';
import { canonicalJson } from '../../lib/canonicalJson';

/**
 * The keyword `uniqueItems`. The library's own compares each item with each
 * other, and its records come from outside.
 */
export const uniqueItems = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate: checkUnique,
} as const;

/** Sets `errors` on itself, which is how such a keyword tells what is wrong. */
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

/** The first item that was there before, as the library names the two. */
function findEqualPair(
  items: JsonValue[],
): { i: number; j: number } | undefined {
  const places = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const text = canonicalJson(item);
    const j = places.get(text);
    if (j !== undefined) {
      return { i, j };
    }
    places.set(text, i);
  }
  return undefined;
}
