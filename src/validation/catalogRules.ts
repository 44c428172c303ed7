import { makeValidator, type Validators } from '@backstage/catalog-model';

const MAX_RESULTS = 1000;
const MAX_TEXT = 320;

const rules = makeValidator();

/**
 * The catalog's rules for parts of an entity. The same keys, kinds and tags come
 * with every entity, so the rules about these are memoized.
 */
export const catalogRules: Validators = {
  ...rules,
  isValidApiVersion: memoize(rules.isValidApiVersion),
  isValidKind: memoize(rules.isValidKind),
  isValidNamespace: memoize(rules.isValidNamespace),
  isValidLabelKey: memoize(rules.isValidLabelKey),
  isValidAnnotationKey: memoize(rules.isValidAnnotationKey),
  isValidTag: memoize(rules.isValidTag),
};

/** Remembers the results for short texts, and forgets them all when there are too many. */
export function memoize(
  rule: (value: unknown) => boolean,
): (value: unknown) => boolean {
  const results = new Map<unknown, boolean>();
  return value => {
    const known = results.get(value);
    if (known !== undefined) {
      return known;
    }
    const result = rule(value);
    if (typeof value === 'string' && value.length <= MAX_TEXT) {
      if (results.size >= MAX_RESULTS) {
        results.clear();
      }
      results.set(value, result);
    }
    return result;
  };
}
