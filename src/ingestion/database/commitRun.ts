import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { deleteRows, isAmong, upsertRows } from '../../database/bulk';
import { toText } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import type { Problem } from '../../lib/problem';
import { fromListValidators } from '../../sources/httpValidators';
import { explainHeld } from '../guards';
import type { SyncChanges, SyncPlan } from '../plan';
import { markListDay } from './listDays';
import {
  type PinChanges,
  type WantedEntity,
  writePins,
  writeWanted,
} from './pins';
import { type PlanOutcome, updatePlans } from './plans';
import {
  type ProblemChanges,
  type ProblemOutcome,
  updateProblems,
} from './problems';
import { type packChanges, writeRunChanges } from './runChanges';
import {
  closeRun,
  isOverList,
  LeaseLostError,
  NO_COUNTS,
  type Run,
  type RunEnd,
  type SourceState,
} from './runs';

const KEYS_AT_ONCE = 5000;

/** A source after a run over its list. */
export type StateAfter = Pick<
  SourceState,
  'fingerprint' | 'validators' | 'retryAt'
>;

/** What a successful run did, as far as it did anything. */
export interface RunResult {
  plan?: SyncPlan;
  /** By ref, the location keys of others under which the catalog has entities of the source. */
  adopted?: ReadonlyMap<string, string>;
  /** How many entities were given again that somebody had deleted in the catalog. */
  restored?: number;
  /** Problems with entities that the catalog did not store, beside those of the plan. */
  unstored?: Problem[];
  /** Records whose hashes no longer hold. */
  outdated?: string[];
  /** The source's state after a run over the list; undefined leaves it as it is. */
  after?: StateAfter;
  /** Whether the next list has to come whole: its validators are forgotten. */
  relist?: boolean;
  /** Whether it saw a whole list with records in it, be it that this has not changed. */
  sawList?: boolean;
  /** Shown where the plan holds nothing. */
  remark?: string;
  /** Of a run over the list; undefined leaves the plans as they are. */
  plans?: PlanOutcome;
  /** Undefined leaves the problems as they are. */
  problems?: ProblemOutcome;
  /** What the source gives of pinned entities, where that is news. */
  wanted?: WantedEntity[];
  /** What the run does because a person asked for it, beside changing entities. */
  asked?: {
    by: string;
    pins?: PinChanges;
    /** The plan that it carries out. */
    plan?: string;
  };
}

/** What was written. */
export interface CommittedRun {
  end: RunEnd;
  problems: ProblemChanges;
  /** Whether a person is asked about a plan that was not open before. */
  asks: boolean;
}

/**
 * Writes what a successful run changed, and its end, in one transaction, after
 * the catalog took the changes.
 *
 * @throws LeaseLostError where the run has been closed; nothing is written then.
 */
export async function commitRun(
  options: RunResult & {
    knex: Knex;
    run: Run;
    /** The source's state when the run took the lease. */
    state: SourceState;
    /** What the plan changes, as it is kept. */
    kept?: Awaited<ReturnType<typeof packChanges>>;
    now: Date;
  },
): Promise<CommittedRun> {
  const { knex, run, now, plan, plans, problems } = options;
  const { source } = run;
  const end = toRunEnd(options);
  return knex.transaction(async tx => {
    if (!(await closeRun({ tx, run, end }))) {
      throw new LeaseLostError(
        `Run "${run.id}" of source "${source}" was closed by another replica`,
      );
    }
    if (plan) {
      await writeChanges({ ...options, ...plan.changes, tx });
    }
    await writeRunChanges({ tx, runId: run.id, parts: options.kept ?? [] });
    await writeWanted({ tx, wanted: options.wanted ?? [] });
    await writeAsked(tx, options);
    await forgetUnstored({ ...options, tx });
    await updateSource(tx, source, options);
    if (options.sawList) {
      await markListDay({ tx, run });
    }
    const isList = isOverList(run);
    return {
      end,
      asks:
        plans !== undefined &&
        (await updatePlans({ tx, source, outcome: plans, now })),
      problems: problems
        ? await updateProblems({ tx, run, outcome: problems, isList })
        : { began: [], ended: [] },
    };
  });
}

async function writeAsked(
  tx: Knex.Transaction,
  { asked, run, now }: Pick<RunResult, 'asked'> & { run: Run; now: Date },
): Promise<void> {
  const { source, kind } = run;
  if (!asked) {
    return;
  }
  const { by, pins = {}, plan: hash } = asked;
  await writePins({ tx, source, kind, by, pins, now });
  if (hash) {
    await tx('custom_data_plans')
      .where({ source, hash })
      .update({
        state: 'applied',
        decided_by: by,
        decided_at: toText(now),
      });
  }
}

function toRunEnd({
  plan,
  restored = 0,
  remark,
  now,
}: Pick<RunResult, 'plan' | 'restored' | 'remark'> & { now: Date }): RunEnd {
  const isApplied =
    restored > 0 || plan?.upserts.length || plan?.removals.length;
  return {
    endedAt: now,
    outcome: isApplied ? 'applied' : 'unchanged',
    counts:
      restored > 0
        ? { ...(plan?.counts ?? NO_COUNTS), restored }
        : plan?.counts,
    held: (plan && heldBecause(plan, explainHeld)) ?? remark,
  };
}

/** Why a plan holds something, and why its list cannot remove anything. */
export function heldBecause(
  { held, basis }: SyncPlan,
  describe: typeof explainHeld,
): string | undefined {
  const { incomplete } = basis.input;
  const reasons = held ? [describe(held), incomplete] : [incomplete];
  return reasons.filter(Boolean).join('; ') || undefined;
}

/** A success over the list forgets the failures before it. */
async function updateSource(
  tx: Knex.Transaction,
  source: string,
  {
    after,
    state,
    relist,
  }: Pick<RunResult, 'after' | 'relist'> & { state: SourceState },
): Promise<void> {
  const row = tx('custom_data_sources').where({ source });
  if (after && differs(after, state)) {
    const { fingerprint = null, validators, retryAt } = after;
    await row.update({
      fingerprint,
      ...fromListValidators(validators),
      failures: 0,
      retry_at: retryAt ? toText(retryAt) : null,
    });
  } else if (relist) {
    await row.update(fromListValidators(undefined));
  }
}

/** Nothing changed, nothing written. */
function differs(after: StateAfter, before: SourceState): boolean {
  return (
    before.failures > 0 ||
    before.retryAt?.getTime() !== after.retryAt?.getTime() ||
    before.fingerprint !== after.fingerprint ||
    !isDeepStrictEqual(before.validators, after.validators)
  );
}

/** What was pushed meanwhile has a later revision, which a run of its own gives to the catalog. */
const NOT_PUSHED = 'custom_data_entities.pushed is null';

interface ChangeOptions
  extends SyncChanges,
    Pick<RunResult, 'adopted' | 'outdated'> {
  tx: Knex.Transaction;
  run: Run;
  now: Date;
}

async function writeChanges(options: ChangeOptions): Promise<void> {
  await deleteRemoved(options);
  await writeRecords(options);
  for (const contributions of inChunks(options.contributions)) {
    await writeContributions({ ...options, contributions });
  }
  await forgetHashes(options);
}

async function deleteRemoved(options: ChangeOptions): Promise<void> {
  const { tx, run, removedRecords, removedContributions } = options;
  const { source } = run;
  const keys = removedContributions.map(({ recordId, entityRef }) => ({
    record_id: recordId,
    entity_ref: entityRef,
  }));
  await deleteRows({ tx, table: 'custom_data_contributions', source, keys });
  await deleteRows({
    tx,
    table: 'custom_data_entities',
    source,
    keys: keys.map(({ entity_ref }) => ({ entity_ref })),
    where: NOT_PUSHED,
  });
  await deleteRows({
    tx,
    table: 'custom_data_records',
    source,
    keys: removedRecords.map(recordId => ({ record_id: recordId })),
  });
}

async function forgetHashes(
  options: Pick<ChangeOptions, 'tx' | 'run' | 'outdated'>,
): Promise<void> {
  const { tx, run, outdated = [] } = options;
  for (const ids of inChunks(outdated, KEYS_AT_ONCE)) {
    await tx('custom_data_records')
      .where({ source: run.source })
      .andWhere(isAmong(tx, 'record_id', ids))
      .update({ bytes_hash: null, raw_hash: '' });
  }
}

/** Has the next run map these records again, and give their entities as changed. */
async function forgetUnstored(
  options: Pick<ChangeOptions, 'tx' | 'run'> & Pick<RunResult, 'unstored'>,
): Promise<void> {
  const { tx, run, unstored = [] } = options;
  const outdated = unstored.flatMap(({ recordId = [] }) => recordId);
  const refs = unstored.flatMap(({ entityRef = [] }) => entityRef);
  await forgetHashes({ tx, run, outdated });
  for (const some of inChunks(refs, KEYS_AT_ONCE)) {
    await tx('custom_data_contributions')
      .where({ source: run.source })
      .andWhere(isAmong(tx, 'entity_ref', some))
      .update({ hash: '' });
  }
}

async function writeRecords(options: ChangeOptions): Promise<void> {
  const { tx, run, records } = options;
  await upsertRows({
    tx,
    table: 'custom_data_records',
    key: ['source', 'record_id'],
    rows: records.map(record => ({
      source: run.source,
      record_id: record.recordId,
      observed_at: toText(record.observedAt),
      bytes_hash: record.bytesHash ?? null,
      raw_hash: record.rawHash,
      state: record.state,
      missing_since: record.missingSince ? toText(record.missingSince) : null,
    })),
  });
}

async function writeContributions(options: ChangeOptions): Promise<void> {
  const { tx, run, contributions, adopted, now } = options;
  const { source } = run;
  await upsertRows({
    tx,
    table: 'custom_data_contributions',
    key: ['source', 'record_id', 'entity_ref'],
    rows: contributions.map(({ recordId, entityRef, entity, hash }) => ({
      source,
      record_id: recordId,
      entity_ref: entityRef,
      role: 'base',
      entity,
      hash,
      run_id: run.id,
    })),
  });
  await upsertRows({
    tx,
    table: 'custom_data_entities',
    key: ['entity_ref'],
    rows: contributions.map(({ entityRef, hash, owner = null }) => ({
      entity_ref: entityRef,
      source,
      hash,
      applied_at: toText(now),
      owner,
      location_key: adopted?.get(entityRef) ?? null,
    })),
    // What another source took in the meantime stays with it.
    where: `custom_data_entities.source = ? and ${NOT_PUSHED}`,
    bindings: [source],
  });
}
