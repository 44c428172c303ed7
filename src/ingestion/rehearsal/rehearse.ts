import type { JsonObject, JsonValue } from '@backstage/types';
import type { SourceSettings } from '../../config/source';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { kindOf } from '../../lib/keys';
import type { Problem } from '../../lib/problem';
import type { RecordSink } from '../../sources/RecordSource';
import { ListObserver, type ObservedList } from '../ListObserver';
import { checkCycles } from '../checks/checkCycles';
import { NO_FIELD_CHANGES } from '../fieldChanges';
import type { ObservedRecord, RecordParts } from '../mapRecord';
import type { SyncPlan } from '../plan';
import { planSync } from '../planSync';
import { FirstRecords, type RehearsedRecord } from './FirstRecords';

/** What a first run over a list would do. Nothing is read or written for it. */
export interface Rehearsal {
  /** The first records that give entities or problems, in full. */
  samples: RehearsedRecord[];
  /** All that were found, those of `samples` among them. */
  problems: Problem[];
  counts: RehearsalCounts;
  /** Why the list may lack records. */
  incomplete?: string;
  /** The first of the list as they came, whether or not they can be used. */
  listed: JsonValue[];
}

export interface RehearsalCounts {
  records: number;
  /** Those that `when` does not leave out; undefined for a source without it. */
  passed?: number;
  /** Records that give entities. */
  mapped: number;
  invalid: number;
  entities: number;
  /** Entities by kind, as refs spell it. */
  kinds: Record<string, number>;
}

interface RehearsalOptions extends RecordParts {
  settings: SourceSettings;
  /** Passes the records to the sink, and gives why they may not be all. */
  list: (sink: RecordSink) => Promise<string | undefined>;
  /** How many records to show in full. */
  limit: number;
  now: () => Date;
  signal: AbortSignal;
}

/**
 * Takes a list through the very steps of a first run, up to its plan: the
 * records are mapped and validated, and the refs that two of them give are found.
 */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { settings, limit } = options;
  const first = new FirstRecords();
  const nothingStored = { knex: undefined, reusable: false };
  const observer = new ListObserver({
    ...options,
    ...nothingStored,
    source: settings.name,
  });
  const incomplete = await options.list(first.through(observer));
  const list = await observer.finish(incomplete);
  const checked = await checkCycles({ ...options, ...nothingStored }, list);
  const plan = planFirst({ ...list, observed: checked.observed }, options);
  return {
    samples: await first.show(options, limit),
    problems: [...plan.problems, ...checked.problems],
    counts: countUp(plan, settings),
    incomplete,
    listed: first.records,
  };
}

/** Passes a single record on as if it were the list. */
export async function listOne(
  record: JsonObject,
  sink: RecordSink,
): Promise<undefined> {
  const bytesHash = hashOf(canonicalJson(record));
  sink.startPage();
  await sink.records([{ bytesHash, parse: () => record }]);
  sink.endPage();
}

function planFirst(list: ObservedList, options: RehearsalOptions): SyncPlan {
  const { settings, now } = options;
  return planSync({
    ...list,
    observedAt: now(),
    total: 0,
    recentRemovals: 0,
    isFiltered: settings.when !== undefined,
    unstablePagination: false,
    foreignOwners: new Map(),
    removals: settings.removals,
    changes: settings.changes,
    fieldChanges: NO_FIELD_CHANGES,
    orphans: [],
    approved: new Set(),
  });
}

function countUp(
  { basis, counts, upserts }: SyncPlan,
  { when }: SourceSettings,
): RehearsalCounts {
  const { desired } = basis.decision;
  const leftOut = desired.filter(({ record }) => givesNothing(record)).length;
  const kinds: Record<string, number> = {};
  for (const { entityRef } of upserts) {
    const kind = kindOf(entityRef);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return {
    records: counts.records,
    ...(when !== undefined && { passed: counts.records - leftOut }),
    mapped: desired.filter(({ fresh }) => fresh.length > 0).length,
    invalid: counts.invalid,
    entities: upserts.length,
    kinds,
  };
}

function givesNothing({ outcome }: ObservedRecord): boolean {
  return outcome.type === 'mapped' && outcome.contributions.length === 0;
}
