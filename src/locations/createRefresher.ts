import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { readLocationKeys } from '../database/catalogTables';
import type { SourceSync } from '../ingestion/SourceSync';
import { readOrigins } from '../ingestion/database/records';
import { RetryLaterError } from '../lib/errors';
import { LOCATION_TYPE, providerName, recordRefreshKey } from '../lib/keys';
import { invalidateRead } from './database/recordReads';

/** Has the catalog process entities again. */
export interface Refresher {
  /** Whatever carries one of these refresh keys, on whichever replica. */
  refreshKeys(keys: string[]): Promise<void>;
  /**
   * Brings an entity up to date with where it comes from: fetches and applies
   * the record behind it, has the locations that gave it read again, and asks
   * the catalog to refresh an entity of somebody else.
   *
   * Throws when that did not succeed and is worth another try; a
   * `RetryLaterError` says when.
   */
  refreshEntity(options: {
    entityRef: string;
    /** The record to fetch; without it, the one that gave the entity. */
    record?: RecordKey;
    signal: AbortSignal;
  }): Promise<RefreshOutcome>;
}

/** `unknown`: neither a record nor an entity of the catalog goes with the ref. */
type RefreshOutcome = 'refreshed' | 'unknown';

type RecordKey = { source: string; recordId: string };

interface RefresherOptions {
  knex: Knex;
  /** The sources that are configured and in order, by name. */
  sources: Map<
    string,
    Pick<SourceSync, 'settings' | 'syncRecord' | 'isListOnly' | 'requestList'>
  >;
  /** Refreshes keys in the catalog; undefined until that is connected. */
  connection: () =>
    | { refresh(o: { keys: string[] }): Promise<void> }
    | undefined;
  /** Is asked to refresh an entity that is not ours. */
  catalog: Pick<CatalogService, 'refreshEntity'>;
  credentials: () => Promise<BackstageCredentials>;
  now: () => Date;
}

/** Brings entities up to date, wherever they come from. */
export function createRefresher(options: RefresherOptions): Refresher {
  return {
    refreshKeys: keys => refreshKeys(options, keys),
    refreshEntity: async ({ entityRef, record, signal }) => {
      const { knex } = options;
      const origins = await readOrigins({ knex, entityRefs: [entityRef] });
      const records = origins.get(entityRef) ?? [];
      await rereadLocations(
        options,
        records.filter(({ via }) => via === 'location'),
      );
      const polled = records.filter(({ via }) => via === 'poll');
      const outcomes = [
        await syncRecords(options, record ? [record] : polled, signal),
        await refreshForeign(options, entityRef),
      ];
      return outcomes.includes('refreshed') ? 'refreshed' : 'unknown';
    },
  };
}

async function refreshKeys(
  { connection }: RefresherOptions,
  keys: string[],
): Promise<void> {
  const connected = connection();
  if (!connected) {
    throw new RetryLaterError('The catalog is not connected yet');
  }
  await connected.refresh({ keys });
}

/**
 * Marks reads of locations as stale, and has the locations processed. An entity
 * that is gone may have left its reads, so they do not tell whether there is
 * such an entity.
 */
async function rereadLocations(
  options: RefresherOptions,
  records: RecordKey[],
): Promise<void> {
  const { knex, now } = options;
  for (const { source, recordId } of records) {
    await invalidateRead({ knex, source, recordId, now: now() });
  }
  if (records.length > 0) {
    await refreshKeys(
      options,
      records.map(({ source, recordId }) => recordRefreshKey(source, recordId)),
    );
  }
}

/** Fetches and applies records of sources that are polled. One that gives its list only is asked for that. */
async function syncRecords(
  { sources }: RefresherOptions,
  records: RecordKey[],
  signal: AbortSignal,
): Promise<RefreshOutcome> {
  let outcome: RefreshOutcome = 'unknown';
  for (const { source, recordId } of records) {
    const sync = sources.get(source);
    if (sync?.settings.poll && sync.isListOnly) {
      await sync.requestList();
      outcome = 'refreshed';
    } else if (sync?.settings.poll) {
      const result = await sync.syncRecord({ recordId, signal });
      outcome = result === 'synced' ? 'refreshed' : outcome;
    }
  }
  return outcome;
}

async function refreshForeign(
  { knex, sources, catalog, credentials }: RefresherOptions,
  entityRef: string,
): Promise<RefreshOutcome> {
  const owners = await readLocationKeys({ knex, entityRefs: [entityRef] });
  const owner = owners.get(entityRef);
  if (owner === undefined) {
    return 'unknown';
  }
  if (!isOurs(owner, [...sources.keys()])) {
    await catalog.refreshEntity(entityRef, {
      credentials: await credentials(),
    });
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
