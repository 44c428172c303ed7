import type { JsonObject, JsonValue } from '@backstage/types';
import type { SourceSettings } from '../../config/source';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { kindOf } from '../../lib/keys';
import type { Problem } from '../../lib/problem';
import type { FieldExplanation } from '../../mapping/RecordMapper';
import type { RecordSink } from '../../sources/RecordSource';
import { ListObserver, type ObservedList } from '../ListObserver';
import { findOwnCycles } from '../checks/findOwnCycles';
import { NO_FIELD_CHANGES } from '../fieldChanges';
import { mapRecord, type ObservedRecord, type RecordParts } from '../mapRecord';
import type { SyncPlan } from '../plan';
import { planSync } from '../planSync';

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

export interface RehearsedRecord {
  recordId: string;
  record: JsonObject;
  /** If they are not valid, what the mapping gave; none where it failed. */
  entities: JsonObject[];
  /** For each template. A mapping in code has none. */
  fields: FieldExplanation[][];
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
  /** How many entities to show in full. */
  limit: number;
  now: () => Date;
  signal: AbortSignal;
}

/**
 * Takes a list through the very steps of a first run, up to its plan: the
 * records are mapped and validated, and the refs that two of them give are found.
 */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { settings, signal } = options;
  const first = keepFirst(options);
  const observer = new ListObserver({
    ...first.parts,
    knex: undefined,
    source: settings.name,
    reusable: false,
    signal,
  });
  const incomplete = await options.list(observer);
  const list = await observer.finish(incomplete);
  const checked = findOwnCycles(list.observed, settings);
  const plan = planFirst({ ...list, observed: checked.observed }, options);
  const samples: RehearsedRecord[] = [];
  for (const [recordId, record] of first.mapped) {
    samples.push(await showRecord(options, record, recordId));
  }
  return {
    samples,
    problems: [...plan.problems, ...checked.problems],
    counts: countUp(plan, settings),
    incomplete,
    listed: first.listed,
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

/** Of so many, whoever writes the mapping sees which keys they have. */
const MAX_LISTED = 200;

/** The same parts, which keep the first records that go through them. */
function keepFirst({ mapper, checkRecord, ...options }: RehearsalOptions) {
  const listed: JsonValue[] = [];
  const mapped = new Map<string, JsonObject>();
  let entities = 0;
  const keep = (recordId: string, record: JsonObject, gives: number) => {
    if (entities < options.limit) {
      mapped.set(recordId, record);
      entities += gives;
    }
  };
  const parts: RecordParts = {
    validateEntity: options.validateEntity,
    checkRecord:
      checkRecord &&
      ((record, recordId) => {
        const problems = checkRecord(record, recordId);
        if (problems.length > 0) {
          keep(recordId, record, 1);
        }
        return problems;
      }),
    mapper: {
      ...mapper,
      recordId: async record => {
        if (listed.length < MAX_LISTED) {
          listed.push(record);
        }
        return mapper.recordId(record);
      },
      map: async (record, recordId) => {
        const outcome = await mapper.map(record, recordId);
        const gives = outcome.type === 'mapped' ? outcome.entities.length : 1;
        if (gives > 0) {
          keep(recordId, record, gives);
        }
        return outcome;
      },
    },
  };
  return { parts, listed, mapped };
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

export async function showRecord(
  options: RecordParts,
  record: JsonObject,
  recordId: string,
): Promise<RehearsedRecord> {
  const { mapper } = options;
  const outcome = await mapRecord({ ...options, record, recordId });
  const mapped = await mapper.map(record, recordId);
  const given = mapped.type === 'mapped' ? mapped.entities : [];
  return {
    recordId,
    record,
    entities: outcome.type === 'valid' ? outcome.entities : given,
    fields: (await mapper.explain?.(record)) ?? [],
  };
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
