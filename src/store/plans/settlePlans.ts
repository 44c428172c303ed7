import type { Knex } from 'knex';
import { PLAN_TTL_MS, type HeldPlan, type PlanOutcome } from '../../model/plan';
import { toText } from '../time';
import { writePlanRefs } from './writePlanRefs';

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
