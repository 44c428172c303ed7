import type { EntityRegistry } from '../model/catalog';
import { providerName } from '../model/keys';
import type { StoredSource, SyncStore } from '../model/sync';
import type { ObservedRecord } from './planTypes';

/**
 * Who else owns the refs that a source wants and does not have yet: another of
 * our sources, or whoever put them into the catalog. In words, for a message.
 */
export async function foreignOwners(options: {
  source: string;
  stored: StoredSource;
  observed: ObservedRecord[];
  /** The record of a run over just that one, whose siblings are not in `stored`. */
  recordId?: string;
  store: SyncStore;
  registry: EntityRegistry;
}): Promise<Map<string, string>> {
  const { source, recordId, store, registry } = options;
  const refs = newRefs(options);
  const owners = new Map<string, string>();
  if (refs.length === 0) {
    return owners;
  }
  for (const [ref, locationKey] of await registry.locationKeys(refs)) {
    if (locationKey !== providerName(source)) {
      owners.set(
        ref,
        locationKey ? `location "${locationKey}"` : 'another entity provider',
      );
    }
  }
  for (const [ref, owner] of await store.owners(refs)) {
    if (owner !== source) {
      owners.set(ref, `source "${owner}"`);
    } else if (recordId !== undefined) {
      const [sibling] = await store.recordsOf(ref);
      if (sibling && sibling.recordId !== recordId) {
        owners.set(ref, `record "${sibling.recordId}"`);
      }
    }
  }
  return owners;
}

function newRefs(options: {
  stored: StoredSource;
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
