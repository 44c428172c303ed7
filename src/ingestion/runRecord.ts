import { abortable } from '../lib/abort';
import { SourceError } from '../lib/errors';
import type { Slots } from '../lib/limits';
import { applyPlan } from './applyPlan';
import { checkCycles } from './checks/checkCycles';
import { checkOwners } from './checks/checkOwners';
import { commitRun } from './commitRun';
import { observeRecord } from './observeRecord';
import { findOwnership } from './ownership';
import { planSync, UNKNOWN_HASHES } from './planSync';
import type { PlanInput, SyncPlan } from './planTypes';
import { problemsOfRecord } from './problemOutcome';
import type { RunContext } from './runContext';
import { adoptedAfter } from './takeover';

export type RecordSyncOutcome = 'synced' | 'not-found';

/** One is soon done, and a webhook may wait for it: not behind those of whole lists. */
const atOnce: Slots = run => run();

/** One run over a single record; what the source no longer knows stays. */
export async function runRecord(
  context: RunContext,
  recordId: string,
): Promise<RecordSyncOutcome> {
  const { settings, source, mapper, state, signal } = context;
  // While the source is asked: under its lease nobody else changes them.
  const reading = readTables(context, recordId);
  const answer = await abortable(source.read({ recordId, signal }), signal);
  if (answer.type !== 'record') {
    await commitRun(context, {
      remark: `the source has no record "${recordId}", which removes nothing`,
    });
    return 'not-found';
  }
  const actualId = await mapper.recordId(answer.record);
  if (actualId !== recordId) {
    throw differentRecord(settings.name, recordId, actualId);
  }
  const { stored, total, adoptedBefore } = await reading;
  const record = await abortable(
    observeRecord({
      ...context,
      source: settings.name,
      record: answer.record,
      recordId,
      known: stored.records.get(recordId),
      reusable: state.fingerprint === context.fingerprint,
    }),
    signal,
  );
  const { observed, problems } = await checkCycles(context, {
    observed: [record],
    stored,
    recordId,
  });
  const ownership = await findOwnership({
    ...context,
    source: settings.name,
    takeover: settings.takeover,
    stored,
    observed,
    recordId,
  });
  const planned = await planRecord(context, {
    stored,
    observed,
    total,
    foreignOwners: ownership.foreign,
  });
  const adopted = adoptedAfter({
    before: adoptedBefore,
    ownership,
    plan: planned,
  });
  const confirmed = await applyPlan(
    { ...context, mutations: atOnce },
    { plan: planned, stored, full: false, adopted },
  );
  const isOfList = state.fingerprint === context.fingerprint;
  const plan = {
    ...confirmed,
    changes: {
      ...confirmed.changes,
      adopted,
      // Made otherwise than what the list gave: that has to be judged anew.
      records: isOfList
        ? confirmed.changes.records
        : confirmed.changes.records.map(r => ({ ...r, ...UNKNOWN_HASHES })),
    },
  };
  await commitRun(context, {
    plan,
    relist: differsFromList(plan),
    problems:
      observed[0].outcome.type === 'unchanged'
        ? undefined
        : problemsOfRecord({
            found: [...plan.problems, ...problems],
            recordId,
          }),
  });
  await checkOwners(context, plan.upserts.length > 0);
  return 'synced';
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
 * One record is never many removals, so record by record would get past the
 * guard. What a person has yet to let go waits, and so does whatever a mapping
 * takes away under which no list has been judged.
 */
async function planRecord(
  { settings, store, state, fingerprint, run }: RunContext,
  given: Pick<PlanInput, 'stored' | 'observed' | 'total' | 'foreignOwners'>,
): Promise<SyncPlan> {
  const input: PlanInput = {
    ...given,
    observedAt: run.startedAt,
    listed: 1,
    complete: false,
    unstablePagination: false,
    strays: [],
    removals: settings.removals,
    // What needs an approval waits for a run over the list, which asks for it.
    approved: new Set(),
  };
  const plan = planSync(input);
  if (plan.removals.length === 0) {
    return plan;
  }
  if (state.fingerprint !== fingerprint) {
    return planSync({
      ...input,
      removalsWait:
        'no list has been read with this configuration yet, so what it takes away waits for that',
    });
  }
  const held = await store.heldRefs(settings.name);
  return plan.removals.some(ref => held.has(ref))
    ? planSync({
        ...input,
        removalsWait:
          'a plan of the source holds this removal, so that plan has to be approved',
      })
    : plan;
}

/** What a run has to know of the source's tables; whoever waits for it is told of a failure. */
function readTables({ store, settings }: RunContext, recordId: string) {
  const reading = Promise.all([
    store.readRecords(settings.name, [recordId]),
    store.countEntities(settings.name),
    store.adoptedKeys(settings.name),
  ]).then(([stored, total, adoptedBefore]) => ({
    stored,
    total,
    adoptedBefore,
  }));
  reading.catch(() => undefined);
  return reading;
}

/** An answer about another record than the one asked for. */
export function differentRecord(
  source: string,
  recordId: string,
  actualId: string | undefined,
): SourceError {
  return new SourceError(
    `Source "${source}" was asked for record "${recordId}" and answered with ` +
      `${actualId === undefined ? 'one without an id' : `"${actualId}"`}; ` +
      `check the keys "recordUrl" and "id"`,
    { code: 'shape' },
  );
}
