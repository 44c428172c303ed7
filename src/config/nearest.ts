import { closest, distance } from 'fastest-levenshtein';
import { quote } from './values';

/** What to try instead of a name that is not known. */
export function suggest(name: string, known: readonly string[]): string {
  if (known.length === 0) {
    return 'there are none';
  }
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, name.length / 2)
    ? `did you mean ${quote(nearest)}?`
    : `known are ${known.map(quote).join(', ')}`;
}

export function describeUnknownKey(
  key: string,
  known: readonly string[],
): string {
  return `unknown key ${quote(key)}, ${suggest(key, known)}`;
}
