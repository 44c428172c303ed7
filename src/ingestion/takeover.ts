import type { Problem } from '../lib/problem';
import { inWords, type Ownership } from './ownership';
import type { SyncPlan } from './planTypes';

/**
 * The location keys of somebody else's under which the catalog has entities of
 * the source once the plan is carried out. An entity is taken over under the key
 * that it has: the catalog refuses it under another.
 */
export function adoptedAfter(options: {
  before: ReadonlyMap<string, string>;
  ownership: Ownership;
  plan: Pick<SyncPlan, 'upserts'>;
}): Map<string, string> {
  const { before, ownership, plan } = options;
  const adopted = new Map(before);
  for (const { entityRef } of plan.upserts) {
    const key = ownership.taken.get(entityRef);
    if (key) {
      adopted.set(entityRef, key);
    }
  }
  return adopted;
}

/** Warns of refs that were taken over, and that whoever had them gives still. */
export function takenBack(
  lost: string[],
  adopted: ReadonlyMap<string, string>,
): Problem[] {
  return lost
    .filter(ref => adopted.has(ref))
    .map(entityRef => ({
      code: 'ref-taken-over',
      severity: 'warning',
      entityRef,
      message:
        `"${entityRef}" was taken over from location "${adopted.get(
          entityRef,
        )}", ` +
        `which gives it still, so that it goes back and forth; remove it there`,
    }));
}

/** Refs of the source that somebody else has by now, after they were deleted in the catalog. */
export function takenAway(
  taken: ReadonlyMap<string, string | null>,
): Problem[] {
  return [...taken].map(([entityRef, locationKey]) => ({
    code: 'ref-taken',
    severity: 'error',
    entityRef,
    message: `"${entityRef}" was deleted in the catalog, and ${inWords(
      locationKey,
    )} has it by now; rename or remove one of the two`,
  }));
}
