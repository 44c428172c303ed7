import type { EntityRegistry } from '../database/catalogTables';
import { RetryLaterError } from '../lib/errors';
import { LOCATION_TYPE, providerName, recordRefreshKey } from '../lib/keys';
import type { SourceSync } from './SourceSync';
import type { ReadStateStore, SyncStore } from './database/SyncStore';

/** Has the catalog process entities again. */
export interface Refresher {
  /** Whatever carries one of these refresh keys, on whichever replica. */
  refreshKeys(keys: string[]): Promise<void>;
  /**
   * Brings an entity up to date with where it comes from: fetches and applies
   * the record behind it, has the locations that gave it read again, and where
   * it is somebody else's asks the catalog to refresh it.
   *
   * Throws when that did not succeed and is worth another try; a
   * `RetryLaterError` says when.
   */
  refreshEntity(options: {
    entityRef: string;
    /** The record to fetch; without it, the one that gave the entity. */
    record?: { source: string; recordId: string };
    signal: AbortSignal;
  }): Promise<RefreshOutcome>;
}

/** `unknown`: neither a record nor an entity of the catalog goes with the ref. */
export type RefreshOutcome = 'refreshed' | 'unknown';

type RecordKey = { source: string; recordId: string };

export interface RefresherOptions {
  /** The sources that are configured and in order, by name. */
  sources: Map<string, SourceSync>;
  store: SyncStore;
  reads: ReadStateStore;
  registry: EntityRegistry;
  /** Refreshes keys in the catalog; undefined until that is connected. */
  connection: () =>
    | { refresh(o: { keys: string[] }): Promise<void> }
    | undefined;
  /** Asks the catalog to refresh an entity that is not ours. */
  refreshForeign: (entityRef: string) => Promise<void>;
  now: () => Date;
}

/** Brings entities up to date, wherever they come from. */
export function createRefresher(options: RefresherOptions): Refresher {
  const refreshKeys = async (keys: string[]) => {
    const connection = options.connection();
    if (!connection) {
      throw new RetryLaterError('The catalog is not connected yet');
    }
    await connection.refresh({ keys });
  };
  return {
    refreshKeys,
    refreshEntity: async ({ entityRef, record, signal }) => {
      await rereadLocations(options, { entityRef, refreshKeys });
      const outcomes = [
        await syncRecords(options, { entityRef, record, signal }),
        await refreshForeign(options, entityRef),
      ];
      return outcomes.includes('refreshed') ? 'refreshed' : 'unknown';
    },
  };
}

/** Fetches and applies the records that gave the entity, or the one that is said to. */
async function syncRecords(
  { sources, store }: RefresherOptions,
  options: { entityRef: string; record?: RecordKey; signal: AbortSignal },
): Promise<RefreshOutcome> {
  const { entityRef, record, signal } = options;
  const records = record ? [record] : await store.recordsOf(entityRef);
  let outcome: RefreshOutcome = 'unknown';
  for (const { source, recordId } of records) {
    const sync = sources.get(source);
    if (sync?.settings.poll) {
      const result = await sync.syncRecord({ recordId, signal });
      outcome = result === 'synced' ? 'refreshed' : outcome;
    }
  }
  return outcome;
}

/**
 * Marks what locations read of the entity as stale, and has them processed. One
 * that is gone may have left its reads, so the catalog says whether there is
 * such an entity.
 */
async function rereadLocations(
  { reads, now }: RefresherOptions,
  options: {
    entityRef: string;
    refreshKeys: (keys: string[]) => Promise<void>;
  },
): Promise<void> {
  const keys: string[] = [];
  for (const { source, recordId } of await reads.recordsOf(options.entityRef)) {
    await reads.invalidate(source, recordId, now());
    keys.push(recordRefreshKey(source, recordId));
  }
  if (keys.length > 0) {
    await options.refreshKeys(keys);
  }
}

async function refreshForeign(
  { registry, sources, ...options }: RefresherOptions,
  entityRef: string,
): Promise<RefreshOutcome> {
  const owners = await registry.locationKeys([entityRef]);
  const owner = owners.get(entityRef);
  if (owner === undefined) {
    return 'unknown';
  }
  if (!isOurs(owner, [...sources.keys()])) {
    await options.refreshForeign(entityRef);
  }
  return 'refreshed';
}

function isOurs(owner: string | null, sources: string[]): boolean {
  return (
    owner !== null &&
    (owner.startsWith(`${LOCATION_TYPE}:`) ||
      sources.some(source => providerName(source) === owner))
  );
}
