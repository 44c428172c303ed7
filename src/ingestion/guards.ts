import type { RemovalSettings } from '../config/source';

/**
 * Why removals must be held, or undefined where they may go ahead. Removals are
 * counted by entity ref.
 */
export function holdRemovals(options: {
  removals: number;
  total: number;
  listed: number;
  settings: RemovalSettings;
}): string | undefined {
  const { removals, total, listed, settings } = options;
  if (removals === 0) {
    return undefined;
  }
  if (listed === 0) {
    return `the answer is an empty list, which would remove all ${removals} entities`;
  }
  const { maxRatio, minCount } = settings;
  const limit = Math.max(minCount, Math.floor(maxRatio * total));
  return removals > limit
    ? `${removals} of ${total} entities would be removed, at most ${limit} may be ` +
        `(removals.maxRatio ${maxRatio}, removals.minCount ${minCount})`
    : undefined;
}
