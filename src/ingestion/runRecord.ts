import type { Knex } from 'knex';
import pLimit from 'p-limit';
import type { JsonObject } from '@backstage/types';
import { readLocationKeys } from '../database/catalogTables';
import { abortable } from '../lib/abort';
import { applyPlan, MAX_MUTATIONS } from './applyPlan';
import { checkCycles } from './checks/checkCycles';
import { readHeldRefs } from './database/plans';
import {
  countEntities,
  readAdoptedKeys,
  readRecords,
  type StoredRecords,
} from './database/records';
import { countRecentRemovals } from './database/runs';
import { completeRun } from './completeRun';
import { fetchRecord } from './fetchRecord';
import { readFieldChanges } from './fieldChanges';
import { observeRecord } from './mapRecord';
import { findOwnership, refsOf } from './ownership';
import type { PlanInput, SyncPlan } from './plan';
import { planSync } from './planSync';
import type { RunContext } from './runContext';

export type RecordSyncOutcome = 'synced' | 'not-found';

/** One run over a single record; what the source no longer knows stays. */
export async function runRecord(
  context: RunContext,
  recordId: string,
): Promise<RecordSyncOutcome> {
  const answer = await fetchRecord({ ...context, recordId });
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
  const { knex, settings, state, fingerprint, signal } = context;
  const source = settings.name;
  const [stored, total, before] = await Promise.all([
    readRecords({ knex, source, recordIds: [recordId] }),
    countEntities({ knex, source }),
    readAdoptedKeys({ knex, source }),
  ]);
  const isOfList = state.fingerprint === fingerprint;
  const seen = await abortable(
    observeRecord({
      ...context,
      source,
      record,
      recordId,
      known: stored.records.get(recordId),
      reusable: isOfList,
    }),
    signal,
  );
  const checked = await checkCycles(context, {
    observed: [seen],
    stored,
    recordId,
  });
  const { observed } = checked;
  const { adopted, foreignOwners } = await findOwnership(context, {
    stored,
    observed,
    recordId,
    adopted: before,
  });
  const given = { stored, observed, total, foreignOwners };
  const planned = await planRecord(context, given);
  // A webhook may wait for it, so it does not queue behind whole lists.
  const mutations = pLimit(MAX_MUTATIONS);
  const { plan, restored, unstored } = await applyPlan(
    { ...context, mutations },
    {
      plan: planned,
      full: false,
      difference: {
        missing: await missingRefs(knex, stored),
        lost: new Map(),
      },
      adopted,
    },
  );
  const isUnchanged = observed[0].outcome.type === 'unchanged';
  await completeRun(context, {
    plan,
    restored,
    unstored,
    adopted,
    // Under another fingerprint than the list's, so the list has to evaluate it again.
    outdated: isOfList || !plan.changes.records.length ? [] : [recordId],
    relist: differsFromList(plan) || unstored.length > 0,
    problems: {
      found: isUnchanged
        ? unstored
        : [...plan.problems, ...checked.problems, ...unstored],
      isEvaluated: problem => !isUnchanged && problem.recordId === recordId,
    },
    changed: plan.upserts.length > 0,
  });
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
  given: Pick<PlanInput, 'stored' | 'observed' | 'total' | 'foreignOwners'>,
): Promise<SyncPlan> {
  const { knex, settings, state, fingerprint, run } = context;
  const source = settings.name;
  const now = run.startedAt;
  const heldRefs = await readHeldRefs({ knex, source });
  return planSync({
    ...given,
    observedAt: now,
    listed: 1,
    recentRemovals: await countRecentRemovals({ knex, source, now }),
    isFiltered: settings.when !== undefined,
    unidentified: [],
    complete: false,
    unstablePagination: false,
    orphans: [],
    removals: settings.removals,
    changes: { ...settings.changes, maxRatio: 1 },
    fieldChanges: await readFieldChanges(context, given),
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
  });
}
