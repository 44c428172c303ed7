import type { Knex } from 'knex';
import { takeSnapshot } from './takeSnapshot';

/** Keeps what a source has before an approved plan changes it, so that there is a way back. */
export async function takeSnapshotBefore(options: {
  knex: Knex;
  source: string;
  /** The hash of the plan. */
  plan: string;
  by: string;
  now: Date;
}): Promise<void> {
  const { plan, ...others } = options;
  await takeSnapshot({ ...others, reason: `before plan "${plan}"` });
}

/** The same, before a run over the list removes what the latest approval lets go. */
export async function takeSnapshotBeforeApproved(options: {
  knex: Knex;
  source: string;
  now: Date;
}): Promise<void> {
  const { knex, source } = options;
  const plan = await knex('custom_data_plans')
    .where({ source, kind: 'held', state: 'approved' })
    .orderBy('decided_at', 'desc')
    .first('hash', 'decided_by');
  if (plan) {
    await takeSnapshotBefore({
      ...options,
      plan: plan.hash,
      by: plan.decided_by,
    });
  }
}
