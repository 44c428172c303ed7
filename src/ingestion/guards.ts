import type { RemovalSettings } from '../config/source';

/**
 * Why removals must be held, or undefined where they may go ahead. Removals are
 * counted by entity ref.
 */
export function holdRemovals(options: {
  removals: number;
  total: number;
  /** Removed without an approval in the 24 hours before. */
  recent: number;
  listed: number;
  /** Whether there are records, and `when` lets none of them pass. */
  nonePasses: boolean;
  settings: RemovalSettings;
}): string | undefined {
  const { removals, total, recent, listed, nonePasses, settings } = options;
  if (removals === 0) {
    return undefined;
  }
  if (listed === 0) {
    return `the answer is an empty list, which would remove all ${removals} entities`;
  }
  const wanted = `${removals} of ${total} entities would be removed`;
  if (removals >= total) {
    const why = nonePasses
      ? `${listed} records came, 0 passed \`when\``
      : 'no run removes all of a source without an approval';
    return `${wanted}: ${why}`;
  }
  const { maxRatio, minCount } = settings;
  const limit = Math.max(minCount, Math.floor(maxRatio * (total + recent)));
  const before = recent
    ? ` and ${recent} were removed in the 24 hours before`
    : '';
  return removals + recent > limit
    ? `${wanted}${before}, at most ${limit} may be ` +
        `(removals.maxRatio ${maxRatio}, removals.minCount ${minCount})`
    : undefined;
}
