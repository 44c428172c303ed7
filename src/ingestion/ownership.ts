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
  { knex, settings }: Pick<RunContext, 'knex' | 'settings'>,
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

/** Problems with others who give refs of the source, but for those that its records have already. */
export function problemsOfDifference(
  { missing, lost }: CatalogDifference,
  adopted: ReadonlyMap<string, string>,
  ofRecords: Problem[] = [],
): Problem[] {
  const reported = new Set(
    ofRecords
      .filter(({ code }) => code === 'ref-taken')
      .map(({ entityRef }) => entityRef),
  );
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
          `so it changes hands in each run of both; remove it there`,
      };
    });
  const others = [...lost].filter(([ref]) => !reported.has(ref));
  const takenAway = others.map(([entityRef, key]): Problem => {
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

/** Whether a problem is one of these, and not of a record. */
export function isOfDifference({
  code,
  recordId,
}: Pick<Problem, 'code' | 'recordId'>): boolean {
  return (
    recordId === undefined && ['ref-taken', 'ref-taken-over'].includes(code)
  );
}

/**
 * Looks who else owns what a run would add or change: another of our sources, or
 * whoever put it into the catalog. Only the latter is taken over, where the
 * source says so and did not have it before. An entity is taken over under the
 * location key that it has: the catalog refuses it under another.
 */
export async function findOwnership(
  { knex, settings }: Pick<RunContext, 'knex' | 'settings'>,
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
  const { stored, recordId } = options;
  const foreignOwners = new Map<string, string>();
  const adopted = new Map(options.adopted);
  const known = refsOf(stored);
  const keys = await readLocationKeys({ knex, entityRefs: freshRefs(options) });
  for (const ref of known) {
    if (keys.get(ref) === (adopted.get(ref) ?? providerName(source))) {
      keys.delete(ref);
    }
  }
  const entityRefs = [...keys.keys()];
  const origins = await readOrigins({ knex, entityRefs });
  for (const [ref, key] of keys) {
    const polled = origins.get(ref)?.find(({ via }) => via === 'poll');
    const isTakenOver = takeover && !known.has(ref);
    if (polled && polled.source !== source) {
      foreignOwners.set(ref, `source "${polled.source}"`);
    } else if (polled && recordId && polled.recordId !== recordId) {
      foreignOwners.set(ref, `record "${polled.recordId}"`);
    } else if (key !== providerName(source) && !isTakenOver) {
      foreignOwners.set(ref, describeHolder(key));
    } else if (key !== providerName(source) && key) {
      adopted.set(ref, key);
    }
  }
  return { foreignOwners, adopted };
}

/** Who has a ref, for a message. */
export function describeHolder(locationKey: string | null | undefined): string {
  return locationKey ? `location "${locationKey}"` : 'another entity provider';
}

/** Refs of entities that are new or not as they were applied. */
function freshRefs(options: {
  stored: StoredRecords;
  observed: ObservedRecord[];
}): string[] {
  const hashes = new Map(
    [...options.stored.contributions.values()]
      .flat()
      .map(c => [c.entityRef, c.hash]),
  );
  const desired = options.observed.flatMap(({ outcome }) =>
    outcome.type === 'mapped' ? outcome.contributions : [],
  );
  const fresh = desired.filter(c => hashes.get(c.entityRef) !== c.hash);
  return [...new Set(fresh.map(c => c.entityRef))];
}

/** The refs that are stored. */
export function refsOf({ contributions }: StoredRecords): Set<string> {
  return new Set([...contributions.values()].flat().map(c => c.entityRef));
}
