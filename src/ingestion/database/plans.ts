import type { JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import type { GuardedField } from '../../config/guardedFields';
import { redactValues, toText } from '../../database/columns';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { inChunks } from '../../lib/inChunks';
import { BESIDE_THE_LIST, type ChangeKind } from './runs';

const HOUR_MS = 60 * 60 * 1000;

/** How long a plan may be decided on, and how long an approval holds. */
export const PLAN_TTL_MS = 7 * 24 * HOUR_MS;

/** A plan that stays held is written at most this often. */
const REFRESH_MS = HOUR_MS;

/** A source that holds something else with each run would leave ever more plans. */
const KEEP_VOID_MS = 30 * 24 * HOUR_MS;

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

/**
 * `held`: what a run over the list held. The others are made because a person
 * asked for it, and are carried out as soon as they are approved.
 */
export type PlanKind =
  | 'held'
  | Extract<ChangeKind, 'undo' | 'restore' | 'clean-up'>;

export type PlanDecision = Extract<PlanState, 'approved' | 'rejected'>;

const OPEN: PlanState[] = ['pending', 'approved', 'rejected'];
/** A rejection does not expire. */
const EXPIRING: PlanState[] = ['pending', 'approved'];

/** How a field of an entity would change; a side without a value has none. */
export interface FieldChange {
  field: GuardedField;
  from?: JsonValue;
  to?: JsonValue;
}

/** An entity that a plan would remove or change, and the record that gave it; none for one that only the catalog knows. */
export interface PlanRef {
  entityRef: string;
  recordId?: string;
  /** None for a removal. */
  changes?: FieldChange[];
  /** Of a plan that no run made: what it does. */
  change?: PlannedChange;
}

/** What a plan does to an entity, of a plan that a person asked for. */
export interface PlannedChange {
  /** The revision that it must have; null: it must not exist. */
  before: string | null;
  /** Canonical JSON of what it is to be; null removes it. */
  entity: string | null;
  pin: { reason: string; until?: string } | null;
}

/** Removals and changes that wait for a person. */
export interface HeldPlan {
  /** Hex SHA-256 over the source and the sorted refs, each with what changes: an approval covers these and no others. */
  hash: string;
  reason: string;
  refs: PlanRef[];
}

/** Stands for a change in approvals and hashes, as a ref does for its removal. */
export function changeKey(entityRef: string, change: FieldChange): string {
  return canonicalJson([entityRef, change]);
}

function planKeys({ entityRef, changes }: PlanRef): string[] {
  return changes?.map(change => changeKey(entityRef, change)) ?? [entityRef];
}

/** A plan that removes or changes these refs; the same of a source give the same hash. */
export function toHeldPlan(options: {
  source: string;
  refs: PlanRef[];
  reason: string;
}): HeldPlan {
  const { source, refs, reason } = options;
  const sorted = refs.flatMap(planKeys).sort();
  return { hash: hashOf(canonicalJson([source, sorted])), reason, refs };
}

interface SourceAt {
  knex: Knex;
  source: string;
  now: Date;
}

/** What approvals in force allow: refs to remove, and keys of changes. */
export async function readApproved(options: SourceAt): Promise<Set<string>> {
  const refs = await readRefs(options, approvedPlans(options));
  return new Set(refs.flatMap(planKeys));
}

/** The refs whose removal or change waits for a decision, or was rejected. */
export async function readHeldRefs(
  options: Omit<SourceAt, 'now'>,
): Promise<Set<string>> {
  const { knex, source } = options;
  const plans = knex('custom_data_plans')
    .where({ source, kind: 'held' })
    .whereIn('state', ['pending', 'rejected']);
  const refs = await readRefs(options, plans);
  return new Set(refs.map(({ entityRef }) => entityRef));
}

async function readRefs(
  { knex, source }: Omit<SourceAt, 'now'>,
  plans: Knex.QueryBuilder,
): Promise<PlanRef[]> {
  const rows = await knex('custom_data_plan_refs')
    .where({ source })
    .whereIn('hash', plans.select('hash'));
  return rows.map(toPlanRef);
}

export function toPlanRef(row: any): PlanRef {
  return {
    entityRef: row.entity_ref,
    recordId: row.record_id ?? undefined,
    changes: row.changes ? JSON.parse(row.changes) : undefined,
    change:
      row.before_hash || row.entity || row.pin
        ? {
            before: row.before_hash ?? null,
            entity: row.entity ?? null,
            pin: row.pin ? JSON.parse(row.pin) : null,
          }
        : undefined,
  };
}

/**
 * Whether an approval is in force that no run over the list began after. A run
 * that did begin after it either used it, or could not; then the schedule and
 * the back-off say when to try again.
 */
export async function hasUnusedApproval(options: SourceAt): Promise<boolean> {
  const { knex, source } = options;
  const plan = await approvedPlans(options)
    .orderBy('decided_at', 'desc')
    .first('decided_at');
  if (!plan) {
    return false;
  }
  const run = await knex('custom_data_runs')
    .where({ source })
    .whereNotIn('kind', BESIDE_THE_LIST)
    .whereNot({ outcome: 'abandoned' })
    .andWhere('started_at', '>', plan.decided_at)
    .first('run_id');
  return run === undefined;
}

function approvedPlans({ knex, source, now }: SourceAt) {
  return knex('custom_data_plans')
    .where({ source, kind: 'held', state: 'approved' })
    .andWhere('expires_at', '>', toText(now));
}

/** What a run over the list says about the plans of its source. */
export interface PlanOutcome {
  held?: HeldPlan;
  /** Refs that the run removed, or changed as an approval says. */
  done: string[];
  /** Whether the list was whole; one that was not says nothing about what it lacks. */
  complete: boolean;
}

/**
 * Brings a source's plans in line with what a run over its list held and
 * removed, in the run's own transaction. Without an open plan and with nothing
 * held it writes nothing. Returns whether a person is asked anew.
 */
export async function updatePlans(options: {
  tx: Knex.Transaction;
  source: string;
  outcome: PlanOutcome;
  now: Date;
}): Promise<boolean> {
  const { tx, source, outcome, now } = options;
  const { held, complete } = outcome;
  const open = await tx('custom_data_plans')
    .where({ source, kind: 'held' })
    .whereIn('state', OPEN);
  for (const plan of open.filter(({ hash }) => hash !== held?.hash)) {
    const state = await stateAfter(tx, plan, outcome);
    if (state !== plan.state && (complete || (held && state === 'void'))) {
      await closePlan(tx, plan, state);
    }
  }
  return held !== undefined && holdPlan({ tx, source, held, now });
}

interface PlanRow {
  source: string;
  hash: string;
  state: PlanState;
  reason: string;
  last_seen_at: string;
  expires_at: string;
}

/** What becomes of an open plan that is not the one that is held now. */
async function stateAfter(
  tx: Knex.Transaction,
  { source, hash, state }: PlanRow,
  { held, done, complete }: PlanOutcome,
): Promise<PlanState> {
  if (state !== 'approved') {
    // An incomplete list may hold something new, and revokes no decision.
    return complete || state === 'pending' ? 'void' : state;
  }
  const refs = new Set(
    await tx('custom_data_plan_refs')
      .where({ source, hash })
      .pluck('entity_ref'),
  );
  if (!complete || held?.refs.some(ref => refs.has(ref.entityRef))) {
    return state;
  }
  return done.some(ref => refs.has(ref)) ? 'applied' : 'void';
}

/** A plan that was decided on meanwhile keeps its state and its refs. */
async function closePlan(
  tx: Knex.Transaction,
  { source, hash, state: before }: PlanRow,
  state: PlanState,
): Promise<void> {
  const rows = await tx('custom_data_plans')
    .where({ source, hash, state: before })
    .update({ state });
  if (state === 'void' && rows === 1) {
    await tx('custom_data_plan_refs').where({ source, hash }).delete();
  }
}

/** Asks a person about a plan, unless the same plan is open; returns whether it does. */
async function holdPlan(options: {
  tx: Knex.Transaction;
  source: string;
  held: HeldPlan;
  now: Date;
}): Promise<boolean> {
  const { tx, source, held, now } = options;
  const key = { source, hash: held.hash };
  const row = {
    reason: held.reason,
    last_seen_at: toText(now),
    expires_at: expiryFrom(now),
  };
  const known = await tx('custom_data_plans').where(key).first();
  if (known && isOpen(known, now)) {
    if (isOutdated(known, held, now)) {
      // The condition keeps a decision that was made meanwhile.
      await redactValues(async () =>
        tx('custom_data_plans')
          .where({ ...key, state: known.state })
          .update(row),
      );
    }
    return false;
  }
  const voidSince = toText(new Date(now.getTime() - KEEP_VOID_MS));
  await tx('custom_data_plans')
    .where({ source, kind: 'held', state: 'void' })
    .andWhere('last_seen_at', '<', voidSince)
    .delete();
  await writePlan({ tx, source, plan: held, state: 'pending', now });
  return true;
}

/** When a plan expires that was wanted, or decided on, at this time. */
export function expiryFrom(now: Date): string {
  return toText(new Date(now.getTime() + PLAN_TTL_MS));
}

function isOpen(plan: PlanRow, now: Date): boolean {
  return OPEN.includes(plan.state) && !isExpired(plan, now);
}

/** When a plan takes no decision any more, or no run carries it out. */
export function expiryOf({
  state,
  expires_at,
}: Pick<PlanRow, 'state' | 'expires_at'>): string | undefined {
  return EXPIRING.includes(state) ? expires_at : undefined;
}

export function isExpired(
  plan: Pick<PlanRow, 'state' | 'expires_at'>,
  now: Date,
): boolean {
  const expiry = expiryOf(plan);
  return expiry !== undefined && expiry <= toText(now);
}

/** An approval expires a fixed time after it was given, so it is not renewed. */
function isOutdated(plan: PlanRow, held: HeldPlan, now: Date): boolean {
  const hourAgo = toText(new Date(now.getTime() - REFRESH_MS));
  return (
    plan.state !== 'approved' &&
    (plan.reason !== held.reason || plan.last_seen_at < hourAgo)
  );
}

/** Writes a plan and its refs, in place of one with the same hash. */
export async function writePlan(options: {
  tx: Knex.Transaction;
  source: string;
  plan: HeldPlan & { kind?: PlanKind; origin?: string; createdBy?: string };
  state: PlanState;
  /** Who decided it. */
  by?: string;
  now: Date;
}): Promise<void> {
  const { tx, source, plan, state, by, now } = options;
  const key = { source, hash: plan.hash };
  await redactValues(async () =>
    tx('custom_data_plans')
      .insert({
        ...key,
        kind: plan.kind ?? 'held',
        origin: plan.origin ?? null,
        created_by: plan.createdBy ?? null,
        reason: plan.reason,
        entity_count: plan.refs.length,
        created_at: toText(now),
        last_seen_at: toText(now),
        expires_at: expiryFrom(now),
        state,
        decided_by: by ?? null,
        decided_at: by === undefined ? null : toText(now),
      })
      .onConflict(['source', 'hash'])
      .merge(),
  );
  await tx('custom_data_plan_refs').where(key).delete();
  for (const chunk of inChunks(plan.refs, 200)) {
    const rows = chunk.map(({ entityRef, recordId, changes, change }) => ({
      ...key,
      entity_ref: entityRef,
      record_id: recordId ?? null,
      changes: changes ? canonicalJson(changes) : null,
      before_hash: change?.before ?? null,
      entity: change?.entity ?? null,
      pin: change?.pin ? JSON.stringify(change.pin) : null,
    }));
    await redactValues(async () => tx('custom_data_plan_refs').insert(rows));
  }
}
