import type { ObservedList } from '../ListObserver';
import {
  type PinKey,
  readPinKeys,
  readPinnedEntities,
  type WantedEntity,
} from '../database/pins';
import type { Contribution } from '../database/records';
import { contributionOf, type ObservedRecord } from '../mapRecord';
import type { PlanContext } from '../planList';
import { storedOf } from '../plan';

/**
 * Puts pinned entities in place of what the records give, so that a plan leaves
 * them as they are. A record that is gone keeps those that it has. Tells what
 * the source gives instead, where that is news.
 */
export async function keepPinned(
  context: Pick<PlanContext, 'knex' | 'settings' | 'run'>,
  list: ObservedList,
  options: { unstablePagination: boolean },
): Promise<{ list: ObservedList; wanted: WantedEntity[] }> {
  const { knex, settings, run } = context;
  const source = settings.name;
  const pins = await readPinKeys({ knex, source, now: run.startedAt });
  if (pins.length === 0) {
    return { list, wanted: [] };
  }
  const byRef = new Map(pins.map(pin => [pin.entityRef, pin]));
  const byRecord = groupByRecord(pins);
  // Such a source keeps all that a record gave.
  const kept = settings.removals.keep
    ? []
    : keptRecords(list, byRecord, options);
  const records = [...list.observed.filter(isMapped), ...kept];
  const entities = await readPinnedEntities({
    knex,
    source,
    entityRefs: records.flatMap(({ recordId }) =>
      pinnedOf(byRecord, recordId).map(pin => pin.entityRef),
    ),
  });
  const replace = (record: ObservedRecord): ObservedRecord => {
    const { outcome, recordId } = record;
    if (outcome.type !== 'mapped') {
      return record;
    }
    const contributions = [
      ...outcome.contributions.filter(c => !byRef.has(c.entityRef)),
      ...pinnedOf(byRecord, recordId).map(({ entityRef }) =>
        contributionOf(recordId, entities.get(entityRef)!),
      ),
    ];
    return { ...record, outcome: { ...outcome, contributions } };
  };
  return {
    list: { ...list, observed: [...list.observed, ...kept].map(replace) },
    wanted: findWanted(list, pins),
  };
}

function groupByRecord(pins: PinKey[]): Map<string, PinKey[]> {
  const byRecord = new Map<string, PinKey[]>();
  for (const pin of pins) {
    const others = byRecord.get(pin.recordId) ?? [];
    byRecord.set(pin.recordId, [...others, pin]);
  }
  return byRecord;
}

/** The entities that stay with a record. */
function pinnedOf(
  byRecord: ReadonlyMap<string, PinKey[]>,
  recordId: string,
): PinKey[] {
  return (byRecord.get(recordId) ?? []).filter(pin => pin.hash !== undefined);
}

function isMapped({ outcome }: ObservedRecord): boolean {
  return outcome.type === 'mapped';
}

/**
 * Records that a whole list lacks, and that stay for their pinned entities. One
 * that is not gone yet, and has others, waits with all of them.
 */
function keptRecords(
  { complete, unseen, stored }: ObservedList,
  byRecord: ReadonlyMap<string, PinKey[]>,
  { unstablePagination }: { unstablePagination: boolean },
): ObservedRecord[] {
  return (complete ? unseen : [])
    .filter(recordId => {
      const pinned = pinnedOf(byRecord, recordId);
      const isGone =
        !unstablePagination ||
        stored.records.get(recordId)?.state === 'missing' ||
        storedOf(recordId, { stored }).length === pinned.length;
      return pinned.length > 0 && isGone;
    })
    .map(recordId => ({
      recordId,
      outcome: { type: 'mapped', contributions: [] },
    }));
}

/** What the records give of pinned entities, where it is not as it was. */
function findWanted(list: ObservedList, pins: PinKey[]): WantedEntity[] {
  const given = new Map<string, Contribution>();
  const evaluated = new Set(list.complete ? list.unseen : []);
  for (const { recordId, outcome } of list.observed) {
    if (outcome.type === 'mapped') {
      evaluated.add(recordId);
      outcome.contributions.forEach(c => given.set(c.entityRef, c));
    }
  }
  return pins.flatMap((pin): WantedEntity[] => {
    const { entityRef, wantedHash, wantedRecordId } = pin;
    const found = given.get(entityRef);
    if (found) {
      const { recordId, entity, hash } = found;
      const isNews = wantedHash !== hash || wantedRecordId !== recordId;
      return isNews ? [{ entityRef, state: { recordId, entity, hash } }] : [];
    }
    const isOver =
      wantedRecordId !== undefined && evaluated.has(wantedRecordId);
    return isOver ? [{ entityRef }] : [];
  });
}
