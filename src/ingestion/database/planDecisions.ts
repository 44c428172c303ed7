/*
 * What operators see of plans and decide: the plan of a source, its approval or
 * rejection, and whether the source is paused.
 */

import { ConflictError } from '@backstage/errors';
import type { Knex } from 'knex';
import { toText } from '../../database/columns';
import { countRows, keysetPage } from '../../database/keyset';
import { countedPage, type Page, type PageRequest } from '../../lib/page';
import {
  expiryFrom,
  expiryOf,
  type HeldPlan,
  isExpired,
  type PlanDecision,
  type PlanKind,
  type PlanRef,
  type PlanState,
  toPlanRef,
  writePlan,
} from './plans';
import { addSource, resetSource } from './runs';

interface SourceOptions {
  knex: Knex;
  source: string;
}

/** Times are ISO 8601 in UTC. */
export interface PlanReport {
  hash: string;
  kind: PlanKind;
  /** `expired`: it was pending or approved, and takes no decision any more. */
  state: PlanState | 'expired';
  reason: string;
  /** How many entities it would remove or change. The refs of a void plan are deleted. */
  count: number;
  /** The run that it undoes, or the snapshot that it restores. */
  origin?: string;
  /** Who asked for it; none where a run made it. */
  createdBy?: string;
  createdAt?: string;
  lastSeenAt?: string;
  expiresAt?: string;
  decidedBy?: string;
  decidedAt?: string;
}

/** The plan that waits for a decision, or else the one that was decided on or seen last. Binds the time. */
const CURRENT_FIRST = `
  case when state = 'pending' and expires_at > ? then 0 else 1 end,
  case when decided_at > last_seen_at then decided_at else last_seen_at end desc`;

export async function readCurrentPlan({
  knex,
  source,
  now,
}: SourceOptions & { now: Date }): Promise<PlanReport | undefined> {
  const row = await knex('custom_data_plans')
    .where({ source, kind: 'held' })
    .orderByRaw(CURRENT_FIRST, [toText(now)])
    .first();
  return row && toPlanReport(row, now);
}

/** The current plan of each source that has one. */
export async function readCurrentPlans({
  knex,
  now,
}: Pick<SourceOptions, 'knex'> & { now: Date }): Promise<
  Map<string, PlanReport>
> {
  const ranked = knex('custom_data_plans')
    .where({ kind: 'held' })
    .select(
      '*',
      knex.raw(
        `row_number() over (partition by source order by ${CURRENT_FIRST}) as place`,
        [toText(now)],
      ),
    );
  const rows = await knex.from(ranked.as('p')).where({ place: 1 });
  return new Map(rows.map(row => [row.source, toPlanReport(row, now)]));
}

/** The plan with this hash, whatever became of it. */
export async function readPlan({
  knex,
  source,
  hash,
  now,
}: SourceOptions & { hash: string; now: Date }): Promise<
  PlanReport | undefined
> {
  const row = await knex('custom_data_plans').where({ source, hash }).first();
  return row && toPlanReport(row, now);
}

/** Throws a `ConflictError` for a plan that a run has carried out. */
export async function assertNotCarriedOut({
  knex,
  source,
  hash,
}: SourceOptions & { hash: string }): Promise<void> {
  const state = 'applied';
  if (await knex('custom_data_plans').where({ source, hash, state }).first()) {
    throw new ConflictError(
      `Plan "${hash}" of source "${source}" was carried out already`,
    );
  }
}

/** A rejected plan of at least so many entities. */
export async function findRejectedPlan(
  options: SourceOptions & { ofAtLeast: number; now: Date },
): Promise<PlanReport | undefined> {
  const { knex, source, ofAtLeast, now } = options;
  const row = await knex('custom_data_plans')
    .where({ source, kind: 'held', state: 'rejected' })
    .andWhere('entity_count', '>=', ofAtLeast)
    .first();
  return row && toPlanReport(row, now);
}

function toPlanReport(row: any, now: Date): PlanReport {
  return {
    hash: row.hash,
    kind: row.kind,
    state: isExpired(row, now) ? 'expired' : row.state,
    reason: row.reason,
    count: row.entity_count,
    origin: row.origin ?? undefined,
    createdBy: row.created_by ?? undefined,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: expiryOf(row),
    decidedBy: row.decided_by ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  };
}

/** A page of the refs that a plan would remove or change. */
export async function listPlanRefs({
  knex,
  source,
  hash,
  page,
}: SourceOptions & { hash: string; page: PageRequest }): Promise<
  Page<PlanRef>
> {
  const refs = knex('custom_data_plan_refs').where({ source, hash });
  const [{ count }] = await refs.clone().count({ count: '*' });
  return countedPage(page, Number(count), async ({ offset, limit }) => {
    const rows = await refs.orderBy('entity_ref').offset(offset).limit(limit);
    return rows.map(toPlanRef);
  });
}

/** All refs of a plan. */
export async function readPlanRefs({
  knex,
  source,
  hash,
}: SourceOptions & { hash: string }): Promise<PlanRef[]> {
  const rows = await knex('custom_data_plan_refs')
    .where({ source, hash })
    .orderBy('entity_ref');
  return rows.map(toPlanRef);
}

/** The plans of a source that are kept, of all kinds, the latest first. */
export async function listPlans({
  knex,
  source,
  page,
  now,
}: SourceOptions & { page: PageRequest; now: Date }): Promise<
  Page<PlanReport>
> {
  const query = knex('custom_data_plans').where({ source });
  const { items, next } = await keysetPage({
    query,
    columns: ['created_at', 'hash'],
    direction: 'desc',
    page,
  });
  return {
    items: items.map(row => toPlanReport(row, now)),
    totalItems: await countRows(query),
    next,
  };
}

/** The plan that undid a run. */
export async function findUndo({
  knex,
  source,
  runId,
  now,
}: SourceOptions & { runId: string; now: Date }): Promise<
  PlanReport | undefined
> {
  const row = await knex('custom_data_plans')
    .where({ source, kind: 'undo', origin: runId, state: 'applied' })
    .first();
  return row && toPlanReport(row, now);
}

/** All entities of a source by ref, each with the record that gave it. */
export async function readSourceRefs({
  knex,
  source,
}: SourceOptions): Promise<PlanRef[]> {
  const rows = await knex('custom_data_contributions')
    .where({ source })
    .select('entity_ref', 'record_id')
    .orderBy('entity_ref');
  return rows.map(toPlanRef);
}

/**
 * Decides on a plan that is pending or was decided otherwise. Returns false if
 * there is none, if it has expired, or if the decision stands already. Two
 * people may decide at once, and a run may void the plan meanwhile: only one
 * conditional update changes a row.
 */
export async function decidePlan(options: {
  knex: Knex;
  source: string;
  hash: string;
  decision: PlanDecision;
  by: string;
  now: Date;
}): Promise<boolean> {
  const { knex, source, hash, decision, by, now } = options;
  const rows = await knex('custom_data_plans')
    .where({ source, hash })
    .whereIn('state', ['pending', 'approved', 'rejected'])
    .whereNot({ state: decision })
    // A rejection stands until a run wants something else.
    .andWhere(open =>
      open.where('expires_at', '>', toText(now)).orWhere({ state: 'rejected' }),
    )
    .update({
      state: decision,
      decided_by: by,
      decided_at: toText(now),
      expires_at: expiryFrom(now),
    });
  return rows === 1;
}

/** Stores a plan that no run made, with the decision on it. */
export async function saveDecidedPlan(options: {
  knex: Knex;
  source: string;
  plan: HeldPlan;
  state: Extract<PlanState, 'rejected' | 'applied'>;
  by: string;
  now: Date;
}): Promise<void> {
  const { knex, ...written } = options;
  await knex.transaction(tx => writePlan({ tx, ...written }));
}

/** Pauses a source at run time, or resumes it if `paused` is undefined. */
export async function setSourcePaused(options: {
  knex: Knex;
  source: string;
  paused: { by: string; at: Date } | undefined;
}): Promise<void> {
  const { knex, source, paused } = options;
  await addSource(knex, source);
  await knex('custom_data_sources')
    .where({ source })
    .update({
      paused_by: paused?.by ?? null,
      paused_at: paused ? toText(paused.at) : null,
    });
}

const LIST_TABLES = [
  'custom_data_contributions',
  'custom_data_entities',
  'custom_data_pins',
  'custom_data_records',
  'custom_data_list_days',
  'custom_data_problems',
];

const SOURCE_TABLES = [
  ...LIST_TABLES,
  'custom_data_read_refs',
  'custom_data_read_state',
  'custom_data_sources',
];

/** Deletes what a source's list gave; its runs and plans stay as a record of that. */
export async function forgetList({
  knex,
  source,
}: SourceOptions): Promise<void> {
  await knex.transaction(async tx => {
    await deleteFrom(tx, source, LIST_TABLES);
    await resetSource(tx, source);
    // Nobody polls the list any more, so nothing would carry these out.
    await tx('custom_data_plans')
      .where({ source })
      .whereIn('state', ['pending', 'approved', 'rejected'])
      .update({ state: 'void' });
  });
}

/** Deletes all of a source but its runs and plans. */
export async function forgetSource({
  knex,
  source,
}: SourceOptions): Promise<void> {
  await knex.transaction(tx => deleteFrom(tx, source, SOURCE_TABLES));
}

async function deleteFrom(
  tx: Knex.Transaction,
  source: string,
  tables: string[],
): Promise<void> {
  for (const table of tables) {
    await tx(table).where({ source }).delete();
  }
}
