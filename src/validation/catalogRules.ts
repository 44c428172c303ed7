import { makeValidator, type Validators } from '@backstage/catalog-model';

const MOST_VERDICTS = 1000;
const LONGEST_TEXT = 320;

const rules = makeValidator();

/**
 * The catalog's rules for parts of an entity. Those about what recurs from one
 * entity to the next remember their verdicts.
 */
export const catalogRules: Validators = {
  ...rules,
  isValidApiVersion: remember(rules.isValidApiVersion),
  isValidKind: remember(rules.isValidKind),
  isValidNamespace: remember(rules.isValidNamespace),
  isValidLabelKey: remember(rules.isValidLabelKey),
  isValidAnnotationKey: remember(rules.isValidAnnotationKey),
  isValidTag: remember(rules.isValidTag),
};

/** The same judge, asked once about a text; it forgets all when it knows too many. */
export function remember(
  judge: (value: unknown) => boolean,
): (value: unknown) => boolean {
  const verdicts = new Map<unknown, boolean>();
  return value => {
    const known = verdicts.get(value);
    if (known !== undefined) {
      return known;
    }
    const verdict = judge(value);
    if (typeof value === 'string' && value.length <= LONGEST_TEXT) {
      if (verdicts.size >= MOST_VERDICTS) {
        verdicts.clear();
      }
      verdicts.set(value, verdict);
    }
    return verdict;
  };
}
