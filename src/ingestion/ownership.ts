import {
  countProviderEntities,
  readLocationKeys,
  readProviderRefs,
} from '../database/catalogTables';
import { providerName } from '../lib/keys';
import type { Problem } from '../lib/problem';
import {
  countEntities,
  readEntityRefs,
  readOrigins,
  type StoredRecords,
} from './database/records';
import type { ObservedRecord } from './mapRecord';
import { type SyncPlan, withoutRefused } from './plan';
import type { RunContext } from './runContext';

/** Where the catalog and our tables differ about a source. */
export interface CatalogDifference {
  /** Entities that the tables know of the source. */
  known: number;
  /**
   * Refs that the catalog has of the source, and the tables do not know: left
   * by a run that died right after its mutation, or by tables restored from a
   * backup.
   */
  orphans: string[];
  /** Refs that the tables know, and the catalog lacks and would take again. */
  missing: string[];
  /** Refs that the tables know, and the location key of whoever has them by now. */
  lost: Map<string, string | null>;
}

/** Compares the catalog with the tables. Equal numbers are taken for equal refs, unless `closely` is set. */
export async function compareWithCatalog(
  { knex, settings }: RunContext,
  options: { closely: boolean; adopted: ReadonlyMap<string, string> },
): Promise<CatalogDifference> {
  const source = settings.name;
  const provider = providerName(source);
  const known = await countEntities({ knex, source });
  const lost = new Map<string, string | null>();
  if (
    !options.closely &&
    (await countProviderEntities({ knex, provider })) === known
  ) {
    return { known, orphans: [], missing: [], lost };
  }
  const theirs = new Set(await readProviderRefs({ knex, provider }));
  const ours = new Set(await readEntityRefs({ knex, source }));
  const absent = [...ours].filter(ref => !theirs.has(ref));
  const keys = await readLocationKeys({ knex, entityRefs: absent });
  for (const [ref, key] of keys) {
    if (key !== (options.adopted.get(ref) ?? provider)) {
      lost.set(ref, key);
    }
  }
  return {
    known,
    orphans: [...theirs].filter(ref => !ours.has(ref)),
    missing: absent.filter(ref => !lost.has(ref)),
    lost,
  };
}

/** Problems with others who give refs of the source. */
export function problemsOfDifference(
  { missing, lost }: CatalogDifference,
  adopted: ReadonlyMap<string, string>,
): Problem[] {
  const takenBack = missing
    .filter(ref => adopted.has(ref))
    .map((entityRef): Problem => {
      const key = adopted.get(entityRef);
      return {
        code: 'ref-taken-over',
        severity: 'warning',
        entityRef,
        message:
          `"${entityRef}" was taken over from location "${key}", which still gives it, ` +
          `so that it goes back and forth; remove it there`,
      };
    });
  const takenAway = [...lost].map(([entityRef, key]): Problem => {
    const holder = describeHolder(key);
    return {
      code: 'ref-taken',
      severity: 'error',
      entityRef,
      message:
        `"${entityRef}" was deleted in the catalog, and ${holder} has it by now; ` +
        `rename or remove one of the two`,
    };
  });
  return [...takenBack, ...takenAway];
}

/**
 * Looks who else owns what a source desires: another of our sources, or whoever
 * put it into the catalog. Only the latter is taken over, where the source says
 * so. An entity is taken over under the location key that it has: the catalog
 * refuses it under another.
 */
export async function findOwnership(
  { knex, settings }: RunContext,
  options: {
    stored: StoredRecords;
    observed: ObservedRecord[];
    /** The record of a run over just that one, whose siblings are not in `stored`. */
    recordId?: string;
    /** Location keys of others under which the catalog has entities of the source. */
    adopted: ReadonlyMap<string, string>;
  },
): Promise<{
  /** Refs that are left alone, and who has them, for a message. */
  foreignOwners: Map<string, string>;
  /** With those that are taken over now. */
  adopted: Map<string, string>;
}> {
  const { name: source, takeover } = settings;
  const { recordId } = options;
  const foreignOwners = new Map<string, string>();
  const adopted = new Map(options.adopted);
  const keys = await readLocationKeys({ knex, entityRefs: newRefs(options) });
  const entityRefs = [...keys.keys()];
  const origins = await readOrigins({ knex, entityRefs });
  for (const [ref, key] of keys) {
    const polled = origins.get(ref)?.find(({ via }) => via === 'poll');
    if (polled && polled.source !== source) {
      foreignOwners.set(ref, `source "${polled.source}"`);
    } else if (polled && recordId && polled.recordId !== recordId) {
      foreignOwners.set(ref, `record "${polled.recordId}"`);
    } else if (key !== providerName(source) && !takeover) {
      foreignOwners.set(ref, describeHolder(key));
    } else if (key !== providerName(source) && key) {
      adopted.set(ref, key);
    }
  }
  return { foreignOwners, adopted };
}

function describeHolder(locationKey: string | null | undefined): string {
  return locationKey ? `location "${locationKey}"` : 'another entity provider';
}

function newRefs(options: {
  stored: StoredRecords;
  observed: ObservedRecord[];
}): string[] {
  const known = refsOf(options.stored);
  const desired = options.observed.flatMap(({ outcome }) =>
    outcome.type === 'mapped'
      ? outcome.contributions.map(c => c.entityRef)
      : [],
  );
  return [...new Set(desired)].filter(ref => !known.has(ref));
}

function refsOf({ contributions }: StoredRecords): Set<string> {
  return new Set([...contributions.values()].flat().map(c => c.entityRef));
}

/**
 * Looks whether the catalog took what was new to it. A ref that somebody else
 * took first is refused with no more than a line in the catalog's log. It must
 * not be written down as ours, its record keeps what it has, and the next run
 * has to evaluate it again.
 */
export async function confirmApplied(
  { knex, settings }: RunContext,
  options: {
    plan: SyncPlan;
    stored: StoredRecords;
    adopted: ReadonlyMap<string, string>;
  },
): Promise<SyncPlan> {
  const { plan, stored, adopted } = options;
  const known = refsOf(stored);
  const added = plan.upserts.filter(c => !known.has(c.entityRef));
  const entityRefs = added.map(c => c.entityRef);
  const holders = await readLocationKeys({ knex, entityRefs });
  const provider = providerName(settings.name);
  const refused = new Map<string, Problem>();
  for (const { entityRef, recordId } of added) {
    const holder = holders.get(entityRef);
    if (holder !== (adopted.get(entityRef) ?? provider)) {
      refused.set(entityRef, {
        code: 'ref-taken',
        severity: 'error',
        recordId,
        entityRef,
        message:
          `The catalog did not take "${entityRef}" of record "${recordId}": ` +
          `${describeHolder(
            holder,
          )} has it. Give one of them another name or namespace.`,
      });
    }
  }
  return refused.size === 0 ? plan : withoutRefused(plan, refused);
}
