import type { EntityRegistry } from '../database/catalogTables';
import { providerName } from '../lib/keys';
import type { StoredRecords, SyncStore } from './database/SyncStore';
import type { ObservedRecord } from './planTypes';

/** Who has the refs that a source wants and does not have yet. */
export interface Ownership {
  /** In words, for a message: refs that are left alone. */
  foreign: Map<string, string>;
  /** Refs that are taken over, and the location key under which the catalog has them. */
  taken: Map<string, string | null>;
}

/**
 * Looks who else owns what a source wants: another of our sources, or whoever
 * put it into the catalog. Only the latter is taken over, where the source says
 * so.
 */
export async function findOwnership(options: {
  source: string;
  takeover: boolean;
  stored: StoredRecords;
  observed: ObservedRecord[];
  /** The record of a run over just that one, whose siblings are not in `stored`. */
  recordId?: string;
  store: SyncStore;
  registry: EntityRegistry;
}): Promise<Ownership> {
  const { source, takeover, recordId, store, registry } = options;
  const foreign = new Map<string, string>();
  const taken = new Map<string, string | null>();
  const refs = newRefs(options);
  if (refs.length === 0) {
    return { foreign, taken };
  }
  for (const [ref, locationKey] of await registry.locationKeys(refs)) {
    if (locationKey !== providerName(source)) {
      if (takeover) {
        taken.set(ref, locationKey);
      } else {
        foreign.set(ref, inWords(locationKey));
      }
    }
  }
  for (const [ref, owner] of await store.owners(refs)) {
    if (owner !== source) {
      foreign.set(ref, `source "${owner}"`);
      taken.delete(ref);
    } else if (recordId !== undefined) {
      const [sibling] = await store.recordsOf(ref);
      if (sibling && sibling.recordId !== recordId) {
        foreign.set(ref, `record "${sibling.recordId}"`);
      }
    }
  }
  return { foreign, taken };
}

export function inWords(locationKey: string | null | undefined): string {
  return locationKey ? `location "${locationKey}"` : 'another entity provider';
}

function newRefs(options: {
  stored: StoredRecords;
  observed: ObservedRecord[];
}): string[] {
  const known = new Set(
    [...options.stored.contributions.values()].flat().map(c => c.entityRef),
  );
  const wanted = options.observed.flatMap(({ outcome }) =>
    outcome.type === 'mapped'
      ? outcome.contributions.map(c => c.entityRef)
      : [],
  );
  return [...new Set(wanted)].filter(ref => !known.has(ref));
}
