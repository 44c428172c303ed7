import type { JsonObject, JsonValue } from '@backstage/types';
import type { SourceSettings } from '../../config/source';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { kindOf } from '../../lib/keys';
import type { Problem } from '../../lib/problem';
import type { RecordSink } from '../../sources/RecordSource';
import { ListObserver } from '../ListObserver';
import { checkCycles } from '../checks/checkCycles';
import type { RecordParts } from '../mapRecord';
import { type DesiredRecord, resolveRefs } from '../resolveRefs';
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

/**
 * Takes a list through the steps of a first run: the records are mapped and
 * validated, and the refs that two of them give are found, and cycles.
 */
export async function rehearse(
  options: RecordParts & {
    settings: SourceSettings;
    /** Passes the records to the sink, and gives why they may not be all. */
    list: (sink: RecordSink) => Promise<string | undefined>;
    /** How many records to show in full. */
    limit: number;
    signal: AbortSignal;
  },
): Promise<Rehearsal> {
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
  const { unidentified, listed } = list;
  const checked = await checkCycles({ ...options, ...nothingStored }, list);
  const { desired, problems } = resolveRefs(
    checked.observed,
    { ...list, foreignOwners: new Map() },
    new Set(),
  );
  return {
    samples: await first.show(options, limit),
    problems: [...unidentified, ...problems, ...checked.problems],
    counts: countUp(desired, {
      listed,
      unidentified: unidentified.length,
      isFiltered: settings.when !== undefined,
    }),
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

function countUp(
  desired: DesiredRecord[],
  list: { listed: number; unidentified: number; isFiltered: boolean },
): RehearsalCounts {
  const { listed, unidentified, isFiltered } = list;
  const invalid = desired.filter(d => d.record.outcome.type === 'invalid');
  const giving = desired.filter(({ fresh }) => fresh.length > 0);
  const leftOut = desired.length - giving.length - invalid.length;
  const given = giving.flatMap(({ fresh }) => fresh);
  return {
    records: listed,
    ...(isFiltered && { passed: listed - leftOut }),
    mapped: giving.length,
    invalid: invalid.length + unidentified,
    entities: given.length,
    kinds: countKinds(given.map(c => c.entityRef)),
  };
}

/** How many refs there are of each kind. */
export function countKinds(refs: Iterable<string>): Record<string, number> {
  const kinds = new Map<string, number>();
  for (const ref of refs) {
    kinds.set(kindOf(ref), (kinds.get(kindOf(ref)) ?? 0) + 1);
  }
  return Object.fromEntries([...kinds].sort());
}
