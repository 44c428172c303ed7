import type { Knex } from 'knex';
import { readOrphans } from '../../database/catalogTables';
import type { CleanUpSettings } from '../../config/cleanUp';
import { toText } from '../../database/columns';
import { readAllCurrentDeployments } from '../../deployments/database/readDeployments';
import type { CurrentDeployment } from '../../deployments/deployment';
import type { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { newestByDestination } from '../../deployments/order';
import { inForce } from '../../ingestion/database/pins';
import type { SourceSync } from '../../ingestion/SourceSync';
import { LOCATION_TYPE, parseTarget } from '../../lib/keys';
import {
  type AbsentEntity,
  type OwnedEntity,
  readAbsent,
  readOwned,
  readUnknownOwners,
} from './database/findings';
import { readOrphansSince } from './database/orphans';
import { findContradictions } from './findContradictions';
import type { CleanUpItem, OwnerContradiction, UnknownOwner } from './report';

const DAY_MS = 24 * 3_600_000;

export interface FindContext {
  knex: Knex;
  settings: { cleanUp: CleanUpSettings };
  subjects: DeploymentSubjects;
  /** The sources that are configured and in order; by name. */
  syncs: Map<string, SourceSync>;
}

/** What a clean-up found. */
export interface Findings {
  items: CleanUpItem[];
  unknownOwners: UnknownOwner[];
  contradictions: OwnerContradiction[];
  /** By ref, what the API of the catalog calls the orphans that may be removed. */
  orphans: Map<string, string>;
}

/** Looks at all that there is, in a number of queries that does not grow with it. Nothing is written. */
export async function findItems(
  context: FindContext,
  now: Date,
): Promise<Findings> {
  const { knex, settings, subjects } = context;
  const { deprecateAfter } = settings.cleanUp;
  const pins = await readPins(knex, now);
  const absent = await readAbsent({ knex, days: deprecateAfter });
  const deployed = await readAllCurrentDeployments({ knex, subjects });
  const owned = await readOwned({ knex, entityRefs: [...deployed.keys()] });
  const isStale = new Set(absent.map(({ entityRef }) => entityRef));
  const orphans = await readOrphans({ knex });
  const orphansSince = await readOrphansSince({ knex });
  const mayChange = (item: CleanUpItem): CleanUpItem => {
    const pin = pins.get(item.entityRef);
    if (pin) {
      return leave(item, `it is pinned by ${pin.by}: ${pin.reason}`);
    }
    return context.syncs.has(item.source!)
      ? item
      : leave(item, 'its source is not configured, or misconfigured');
  };
  return {
    items: [
      ...absent.map(each => toStale(each, settings.cleanUp)).map(mayChange),
      ...retiredItems(deployed, owned, { context, now })
        .filter(({ entityRef }) => !isStale.has(entityRef))
        .map(item => (item.left ? item : mayChange(item))),
      ...runningAgain(deployed, pins),
      ...orphans.map(({ entityRef, locationKey }) =>
        toOrphan({
          entityRef,
          source: sourceOf(locationKey),
          since: orphansSince.get(entityRef) ?? toText(now),
          after: settings.cleanUp.removeOrphansAfter,
          now,
        }),
      ),
    ],
    unknownOwners: await readUnknownOwners({ knex }),
    contradictions: findContradictions({
      deployed,
      owned,
      ownersOf: source => context.syncs.get(source)?.settings.owners,
    }),
    orphans: new Map(orphans.map(({ entityRef, uid }) => [entityRef, uid])),
  };
}

interface Pin {
  source: string;
  reason: string;
  by: string;
  isOurs: boolean;
}

async function readPins(knex: Knex, now: Date): Promise<Map<string, Pin>> {
  const rows: any[] = await inForce(knex, now).select(
    'entity_ref',
    'source',
    'reason',
    'created_by',
    'origin',
  );
  return new Map(
    rows.map(row => [
      row.entity_ref,
      {
        source: row.source,
        reason: row.reason,
        by: row.created_by,
        isOurs: row.origin === 'clean-up',
      },
    ]),
  );
}

/** Entities that a clean-up has pinned as retired, and that run by now. */
function runningAgain(
  deployed: Map<string, CurrentDeployment[]>,
  pins: Map<string, Pin>,
): CleanUpItem[] {
  return [...pins].flatMap(([entityRef, { source, isOurs }]) => {
    const newest = newestByDestination(deployed.get(entityRef) ?? []);
    const running = [...newest.values()].find(
      ({ status }) => status !== 'removed',
    );
    return isOurs && running
      ? [
          {
            entityRef,
            source,
            found: 'retired' as const,
            why: `it runs again since ${running.eventAt.slice(0, 10)}`,
            left: 'it is pinned as deprecated; remove its pin',
          },
        ]
      : [];
  });
}

function leave({ action: _, ...item }: CleanUpItem, left: string): CleanUpItem {
  return { ...item, left };
}

function toStale(
  { entityRef, source, recordId, since, ...absent }: AbsentEntity,
  { archiveAfter }: CleanUpSettings,
): CleanUpItem {
  const item = {
    entityRef,
    source,
    found: 'stale' as const,
    why: `the lists of source "${source}" lack its record "${recordId}" since ${since}`,
  };
  if (!absent.isDeprecated) {
    return { ...item, action: 'deprecate' };
  }
  return absent.daysSinceChange >= archiveAfter
    ? { ...item, action: 'archive' }
    : {
        ...item,
        left: `it is deprecated; whole lists lacked it on ${absent.daysSinceChange} of ${archiveAfter} days since`,
      };
}

function retiredItems(
  deployed: Map<string, CurrentDeployment[]>,
  owned: Map<string, OwnedEntity>,
  { context, now }: { context: FindContext; now: Date },
): CleanUpItem[] {
  const { retireAfter } = context.settings.cleanUp;
  const before = toText(new Date(now.getTime() - retireAfter * DAY_MS));
  return [...deployed].flatMap(([entityRef, deployments]): CleanUpItem[] => {
    const newest = [...newestByDestination(deployments).values()];
    const last = newest
      .map(({ eventAt }) => eventAt)
      .sort()
      .at(-1)!;
    if (newest.some(({ status }) => status !== 'removed') || last > before) {
      return [];
    }
    const entity = owned.get(entityRef);
    const item = {
      entityRef,
      source: entity?.source,
      found: 'retired' as const,
      why: `nothing of it runs any more since ${last.slice(0, 10)}`,
    };
    if (!entity) {
      return [{ ...item, left: 'no source of ours gives it with its list' }];
    }
    return [
      entity.isDeprecated
        ? { ...item, left: 'it is deprecated already' }
        : { ...item, action: 'deprecate' },
    ];
  });
}

/** The source whose location gave an orphan; undefined for somebody else's. */
function sourceOf(locationKey: string | null): string | undefined {
  const prefix = `${LOCATION_TYPE}:`;
  return locationKey?.startsWith(prefix)
    ? parseTarget(locationKey.slice(prefix.length))?.source
    : undefined;
}

function toOrphan(orphan: {
  entityRef: string;
  source?: string;
  since: string;
  /** In days; undefined: they stay. */
  after?: number;
  now: Date;
}): CleanUpItem {
  const { entityRef, source, since, after, now } = orphan;
  const item = {
    entityRef,
    source,
    found: 'orphan' as const,
    why: `nobody gives it any more; known since ${since.slice(0, 10)}`,
  };
  if (source === undefined) {
    return { ...item, left: 'it is not ours' };
  }
  if (after === undefined) {
    return {
      ...item,
      left: '"cleanUp.removeOrphansAfter" is not set, so orphans stay',
    };
  }
  const age = Math.floor((now.getTime() - Date.parse(since)) / DAY_MS);
  return age >= after
    ? { ...item, action: 'remove' }
    : { ...item, left: `it is one for ${age} of ${after} days` };
}
