import type { RemovalSettings } from '../config/settings';

/**
 * Why removals must be held, or undefined where they may go ahead (design
 * rule 2). Counted by entity ref.
 */
export function holdRemovals(options: {
  removals: number;
  /** Entities of the source before the run. */
  total: number;
  /** Records in the answer. */
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
  const limit = Math.max(
    settings.minCount,
    Math.floor(settings.maxRatio * total),
  );
  if (removals > limit) {
    return (
      `${removals} of ${total} entities would be removed, at most ${limit} may be ` +
      `(removals.maxRatio ${settings.maxRatio}, removals.minCount ${settings.minCount})`
    );
  }
  return undefined;
}
