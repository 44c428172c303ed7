import type { Knex } from 'knex';
import { toText } from '../time';

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
