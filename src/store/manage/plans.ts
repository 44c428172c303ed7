import type { Knex } from 'knex';
import type { ManageStore, PlanReport } from '../../model/manage';
import { PLAN_TTL_MS } from '../../model/plan';
import { writePlanRefs } from '../plans/writePlanRefs';
import { toText } from '../time';
import { toPlanReport } from './present';

type Options<K extends keyof ManageStore> = Parameters<ManageStore[K]>[0] & {
  knex: Knex;
};

/** The plan that waits for a decision, else the one that was decided on or seen last. */
export async function currentPlan(options: {
  knex: Knex;
  source: string;
}): Promise<PlanReport | undefined> {
  const { knex, source } = options;
  const plans = await knex('custom_data_plans').where({ source });
  const touched = (row: any) =>
    [row.last_seen_at, row.decided_at ?? ''].sort().at(-1);
  const [row] = plans.sort(
    (a, b) =>
      Number(b.state === 'pending') - Number(a.state === 'pending') ||
      touched(b).localeCompare(touched(a)),
  );
  return row && toPlanReport(row);
}

export async function findPlan(options: {
  knex: Knex;
  source: string;
  hash: string;
}): Promise<PlanReport | undefined> {
  const { knex, source, hash } = options;
  const row = await knex('custom_data_plans').where({ source, hash }).first();
  return row && toPlanReport(row);
}

/**
 * Two people may decide at once, and a run may void the plan meanwhile: one
 * conditional update tells.
 */
export async function decidePlan(
  options: Options<'decidePlan'>,
): Promise<boolean> {
  const { knex, source, hash, decision, by, now } = options;
  const mayDecide = ['pending', 'approved', 'rejected'].filter(
    state => state !== decision,
  );
  const rows = await knex('custom_data_plans')
    .where({ source, hash })
    .whereIn('state', mayDecide)
    // A rejection stands until a run wants something else.
    .andWhere(open =>
      open.where('expires_at', '>', toText(now)).orWhere({ state: 'rejected' }),
    )
    .update({
      state: decision,
      decided_by: by,
      decided_at: toText(now),
      expires_at: toText(new Date(now.getTime() + PLAN_TTL_MS)),
    });
  return rows === 1;
}

/** Keeps what was decided on a plan that no run made, and what it was about. */
export async function saveDecision(
  options: Options<'saveDecision'>,
): Promise<void> {
  const { knex, source, plan, state, by, now } = options;
  const time = toText(now);
  await knex.transaction(async tx => {
    await tx('custom_data_plans')
      .insert({
        source,
        hash: plan.hash,
        reason: plan.reason,
        entity_count: plan.refs.length,
        created_at: time,
        last_seen_at: time,
        expires_at: time,
        state,
        decided_by: by,
        decided_at: time,
      })
      .onConflict(['source', 'hash'])
      .merge();
    await writePlanRefs({ tx, source, plan });
  });
}
