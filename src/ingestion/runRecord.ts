import type { Knex } from 'knex';
import pLimit from 'p-limit';
import type { JsonObject } from '@backstage/types';
import { readLocationKeys } from '../database/catalogTables';
import { abortable } from '../lib/abort';
import { withSpan } from '../metrics/withSpan';
import { applyPlan, MAX_MUTATIONS } from './applyPlan';
import { readHeldRefs } from './database/plans';
import {
  countEntities,
  readAdoptedKeys,
  readRecords,
  type StoredRecords,
} from './database/records';
import { completeRun } from './completeRun';
import { fetchRecord } from './fetchRecord';
import { type ObservedRecord, observeRecord } from './mapRecord';
import { refsOf } from './ownership';
import { type SyncPlan, UNKNOWN_HASHES } from './plan';
import { type ListPlan, planObserved } from './planList';
import type { RunContext } from './runContext';

export type RecordSyncOutcome = 'synced' | 'not-found';

/** One run over a single record; what the source no longer knows stays. */
export async function runRecord(
  context: RunContext,
  recordId: string,
): Promise<RecordSyncOutcome> {
  const source = context.settings.name;
  const answer = await withSpan('custom_data.fetch', { source }, () =>
    fetchRecord({ ...context, recordId }),
  );
  if (answer.type !== 'record') {
    await completeRun(context, {
      remark: `the source has no record "${recordId}", which removes nothing`,
      changed: false,
    });
    return 'not-found';
  }
  await applyRecord(context, answer.record, recordId);
  return 'synced';
}

async function applyRecord(
  context: RunContext,
  record: JsonObject,
  recordId: string,
): Promise<void> {
  const source = context.settings.name;
  const observed = await observeInTime(context, record, recordId);
  const planned = await withSpan('custom_data.plan', { source }, () =>
    planRecord(context, observed),
  );
  const adopted = planned.adopted.after;
  // A webhook may wait for it, so it does not queue behind whole lists.
  const mutations = pLimit(MAX_MUTATIONS);
  const { plan, restored, unstored } = await withSpan(
    'custom_data.apply',
    { source },
    () =>
      applyPlan(
        { ...context, mutations },
        { ...planned, full: false, adopted },
      ),
  );
  const isUnchanged = observed.record.outcome.type === 'unchanged';
  await completeRun(context, {
    plan,
    restored,
    unstored,
    adopted,
    wanted: planned.wanted,
    relist: differsFromList(plan) || unstored.length > 0,
    problems: {
      found: isUnchanged
        ? unstored
        : [...plan.problems, ...planned.cycles, ...unstored],
      isEvaluated: problem => !isUnchanged && problem.recordId === recordId,
    },
    changed: plan.upserts.length > 0,
  });
}

interface Observed {
  record: ObservedRecord;
  stored: StoredRecords;
}

async function observeInTime(
  context: RunContext,
  record: JsonObject,
  recordId: string,
): Promise<Observed> {
  const { knex, settings, reusable, signal } = context;
  const source = settings.name;
  const stored = await readRecords({ knex, source, recordIds: [recordId] });
  const known = stored.records.get(recordId);
  const observed = await abortable(
    observeRecord({ ...context, source, record, recordId, known }),
    signal,
  );
  // Under another fingerprint than the list's, so the list has to evaluate it again.
  const hashes = reusable ? {} : UNKNOWN_HASHES;
  return { record: { ...observed, ...hashes }, stored };
}

/** Refs of stored entities that somebody deleted in the catalog. */
async function missingRefs(
  knex: Knex,
  stored: StoredRecords,
): Promise<string[]> {
  const refs = [...refsOf(stored)];
  const keys = await readLocationKeys({ knex, entityRefs: refs });
  return refs.filter(ref => !keys.has(ref));
}

/** Whether a list that answers 304 would leave standing what it never said. */
function differsFromList({ held, changes }: SyncPlan): boolean {
  return (
    held !== undefined ||
    changes.contributions.length > 0 ||
    changes.removedContributions.length > 0 ||
    changes.records.some(record => record.state !== 'seen')
  );
}

/**
 * Each run sees one record, so many runs could pass a guard that one run would
 * not. A removal that a plan holds waits for that plan. A removal under a
 * configuration with which no list was read waits for the list.
 */
async function planRecord(
  context: RunContext,
  { record, stored }: Observed,
): Promise<ListPlan> {
  const { knex, settings, state, fingerprint } = context;
  const { recordId } = record;
  const of = { knex, source: settings.name };
  const heldRefs = await readHeldRefs(of);
  return planObserved(context, {
    list: {
      observed: [record],
      stored,
      listed: 1,
      complete: false,
      unidentified: [],
      seen: new Set([recordId]),
      unseen: [],
    },
    recordId,
    difference: {
      known: await countEntities(of),
      orphans: [],
      missing: await missingRefs(knex, stored),
      lost: new Map(),
    },
    adopted: await readAdoptedKeys(of),
    guards: {
      unstablePagination: false,
      changes: { ...settings.changes, maxRatio: 1 },
      // What needs an approval waits for a run over the list, which asks for it.
      approved: new Set(),
      removalsWait: refs => {
        if (state.fingerprint !== fingerprint) {
          return 'no list has been read with this configuration yet, so what it removes waits for that';
        }
        return refs.some(ref => heldRefs.has(ref))
          ? 'a plan of the source holds this removal, so that plan has to be approved'
          : undefined;
      },
    },
  });
}
