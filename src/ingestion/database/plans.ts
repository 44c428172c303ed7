import type { Knex } from 'knex';
import { toText } from '../../database/time';
import { inChunks } from '../../lib/inChunks';

/** How long a plan may be decided on, and how long an approval holds. */
export const PLAN_TTL_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * `void`: a later run no longer wanted it. `applied`: approved and carried out.
 * A decision may be changed until then.
 */
export type PlanState =
  | 'pending'
  | 'approved'
  | 'rejected'
  | 'void'
  | 'applied';

export type PlanDecision = Extract<PlanState, 'approved' | 'rejected'>;

/** An entity that a plan would remove, and the record that gave it; none for one that only the catalog knows. */
export interface PlanRef {
  entityRef: string;
  recordId?: string;
}

/** Removals that wait for a person. */
export interface HeldPlan {
  /** Hex SHA-256 over the source and the sorted refs: an approval covers these and no others. */
  hash: string;
  reason: string;
  refs: PlanRef[];
}

/** What a run over the list says about the plans of its source. */
export interface PlanOutcome {
  held?: HeldPlan;
  /** Refs that the run removed. */
  removed: string[];
  /** Whether the list was whole; one that was not says nothing about what it lacks. */
  complete: boolean;
}

function inForce(knex: Knex, source: string, now: Date) {
  return knex('custom_data_plans')
    .where({ source, state: 'approved' })
    .andWhere('expires_at', '>', toText(now));
}

/** The refs that approvals in force let go. */
export async function approvedRefs(options: {
  knex: Knex;
  source: string;
  now: Date;
}): Promise<Set<string>> {
  const { knex, source, now } = options;
  return refsOf(knex, source, await inForce(knex, source, now).pluck('hash'));
}

/** The refs whose removal waits for a decision, or was rejected. */
export async function heldRefs(options: {
  knex: Knex;
  source: string;
}): Promise<Set<string>> {
  const { knex, source } = options;
  const hashes = await knex('custom_data_plans')
    .where({ source })
    .whereIn('state', ['pending', 'rejected'])
    .pluck('hash');
  return refsOf(knex, source, hashes);
}

async function refsOf(
  knex: Knex,
  source: string,
  hashes: string[],
): Promise<Set<string>> {
  const refs = new Set<string>();
  for (const hash of hashes) {
    const rows = await knex('custom_data_plan_refs')
      .select('entity_ref')
      .where({ source, hash });
    rows.forEach(row => refs.add(row.entity_ref));
  }
  return refs;
}

/**
 * Whether an approval is in force that no run over the list began after. A run
 * that did begin after it either used it, or could not; then the schedule and
 * the back-off say when to try again.
 */
export async function approvalWaits(options: {
  knex: Knex;
  source: string;
  now: Date;
}): Promise<boolean> {
  const { knex, source, now } = options;
  const plan = await inForce(knex, source, now)
    .orderBy('decided_at', 'desc')
    .first('decided_at');
  if (!plan) {
    return false;
  }
  const run = await knex('custom_data_runs')
    .where({ source })
    .whereNot({ kind: 'record' })
    .whereNot({ outcome: 'abandoned' })
    .andWhere('started_at', '>', plan.decided_at)
    .first('run_id');
  return run === undefined;
}

const HOUR_MS = 60 * 60 * 1000;

/** A plan that goes on being held is written at most this often. */
const REFRESH_MS = HOUR_MS;

/** A source that changes its mind with each run would leave ever more plans. */
const KEEP_VOID_MS = 30 * 24 * HOUR_MS;

const OPEN = ['pending', 'approved', 'rejected'];

/**
 * Brings a source's plans in line with what a run over its list held and
 * removed, in the run's own transaction. Without an open plan and with nothing
 * held it writes nothing.
 */
export async function settlePlans(options: {
  tx: Knex.Transaction;
  source: string;
  outcome: PlanOutcome;
  now: Date;
}): Promise<void> {
  const { tx, source, outcome, now } = options;
  const { held, complete } = outcome;
  const open = await tx('custom_data_plans')
    .where({ source })
    .whereIn('state', OPEN);
  for (const plan of open) {
    if (plan.hash !== held?.hash) {
      const state = await stateAfter(tx, plan, outcome);
      if (state !== plan.state && (complete || (held && state === 'void'))) {
        const rows = await tx('custom_data_plans')
          .where({ source, hash: plan.hash, state: plan.state })
          .update({ state });
        // One that was decided on while the run went on keeps its refs.
        if (state === 'void' && rows === 1) {
          await tx('custom_data_plan_refs')
            .where({ source, hash: plan.hash })
            .delete();
        }
      }
    }
  }
  if (held) {
    await ask({ tx, source, held, now });
  }
}

/** What becomes of an open plan that is not the one that is held now. */
async function stateAfter(
  tx: Knex.Transaction,
  plan: { source: string; hash: string; state: string },
  { held, removed, complete }: PlanOutcome,
): Promise<string> {
  if (plan.state !== 'approved') {
    // An incomplete list may ask something new, and takes no decision back.
    return complete || plan.state === 'pending' ? 'void' : plan.state;
  }
  const rows = await tx('custom_data_plan_refs')
    .select('entity_ref')
    .where({ source: plan.source, hash: plan.hash });
  const refs = new Set(rows.map(row => row.entity_ref));
  if (!complete || held?.refs.some(ref => refs.has(ref.entityRef))) {
    return plan.state;
  }
  return removed.some(ref => refs.has(ref)) ? 'applied' : 'void';
}

/** Asks a person about a plan, unless that was done and still stands. */
async function ask(options: {
  tx: Knex.Transaction;
  source: string;
  held: HeldPlan;
  now: Date;
}): Promise<void> {
  const { tx, source, held, now } = options;
  const key = { source, hash: held.hash };
  const times = {
    last_seen_at: toText(now),
    expires_at: toText(new Date(now.getTime() + PLAN_TTL_MS)),
  };
  const known = await tx('custom_data_plans').where(key).first();
  if (known && stands(known, now)) {
    if (mayRefresh(known, held, now)) {
      // A decision that was made while the run went on is not overwritten.
      await tx('custom_data_plans')
        .where({ ...key, state: known.state })
        .update({ ...times, reason: held.reason });
    }
    return;
  }
  await tx('custom_data_plans')
    .insert({
      ...key,
      ...times,
      reason: held.reason,
      entity_count: held.refs.length,
      created_at: toText(now),
      state: 'pending',
      decided_by: null,
      decided_at: null,
    })
    .onConflict(['source', 'hash'])
    .merge();
  await tx('custom_data_plans')
    .where({ source, state: 'void' })
    .andWhere(
      'last_seen_at',
      '<',
      toText(new Date(now.getTime() - KEEP_VOID_MS)),
    )
    .delete();
  await writePlanRefs({ tx, source, plan: held });
}

function stands(
  plan: { state: string; expires_at: string },
  now: Date,
): boolean {
  return (
    plan.state === 'rejected' ||
    (OPEN.includes(plan.state) && plan.expires_at > toText(now))
  );
}

/** An approval's time runs from the approval on. */
function mayRefresh(
  plan: { state: string; reason: string; last_seen_at: string },
  held: HeldPlan,
  now: Date,
): boolean {
  const hourAgo = toText(new Date(now.getTime() - REFRESH_MS));
  return (
    plan.state !== 'approved' &&
    (plan.reason !== held.reason || plan.last_seen_at < hourAgo)
  );
}

/** Replaces the refs of a plan. */
export async function writePlanRefs(options: {
  tx: Knex.Transaction;
  source: string;
  plan: HeldPlan;
}): Promise<void> {
  const { tx, source, plan } = options;
  const { hash, refs } = plan;
  await tx('custom_data_plan_refs').where({ source, hash }).delete();
  for (const chunk of inChunks(refs, 200)) {
    await tx('custom_data_plan_refs').insert(
      chunk.map(({ entityRef, recordId }) => ({
        source,
        hash,
        entity_ref: entityRef,
        record_id: recordId ?? null,
      })),
    );
  }
}
