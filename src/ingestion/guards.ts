import type { GuardedField } from '../config/guardedFields';
import type { RemovalSettings } from '../config/source';
import { counted, quoteValue } from '../lib/values';
import type { Contribution } from './database/records';
import { changeKey, type FieldChange } from './database/plans';
import { type PlanInput, storedOf, type SyncPlan } from './plan';

/**
 * Why removals must be held, or undefined where they may go ahead. Removals are
 * counted by entity ref.
 */
export function holdRemovals(options: {
  /** At least one. */
  removals: number;
  total: number;
  /** Removed without an approval in the 24 hours before. */
  recent: number;
  listed: number;
  /** Whether there are records, and `when` lets none of them pass. */
  nonePasses: boolean;
  settings: RemovalSettings;
}): string | undefined {
  const { removals, total, recent, listed, nonePasses, settings } = options;
  if (listed === 0) {
    const all = counted(removals, 'entity');
    return `the answer is an empty list, which would remove ${all}`;
  }
  const wanted = `${removals} of ${counted(total, 'entity')} would be removed`;
  if (removals >= total) {
    const why = nonePasses
      ? `${counted(listed, 'record')} came, 0 passed \`when\``
      : 'no run removes all of a source without an approval';
    return `${wanted}: ${why}`;
  }
  const { maxRatio, minCount } = settings;
  const limit = Math.max(minCount, Math.floor(maxRatio * (total + recent)));
  const before = recent
    ? ` and ${recent} were removed in the 24 hours before`
    : '';
  return removals + recent > limit
    ? `${wanted}${before}, at most ${limit} may be ` +
        `(removals.maxRatio ${maxRatio}, removals.minCount ${minCount})`
    : undefined;
}

/** Fewer entities than this may change at once, unless an expression lost its input. */
const MIN_CHANGED = 20;

/** An expression that finds nothing in so many of the records has lost its input. */
const NEARLY_ALL = 0.95;

interface Change {
  contribution: Contribution;
  change: FieldChange;
}

/**
 * The changes that must be held, by ref, and why: those of a field that changes
 * in too many entities at once, or because its expression lost its input. Where
 * not the whole list is at hand, what a plan holds waits as well.
 */
export function holdChanges(
  contributions: Contribution[],
  input: PlanInput,
): { changes: Map<string, FieldChange[]>; reasons: string[] } {
  const held = new Map<string, FieldChange[]>();
  const reasons: string[] = [];
  for (const [field, changes] of unapprovedChanges(contributions, input)) {
    const unfound = contributions.filter(c => c.unfound?.includes(field));
    const { waiting, why } = guardField({ field, changes, unfound }, input);
    for (const { contribution, change } of waiting) {
      const others = held.get(contribution.entityRef) ?? [];
      held.set(contribution.entityRef, [...others, change]);
    }
    if (waiting.length > 0) {
      reasons.push(`${describe(waiting, input)}${why}`);
    }
  }
  return { changes: held, reasons };
}

function unapprovedChanges(
  contributions: Contribution[],
  { fieldChanges, changes: { ignore }, approved }: PlanInput,
): Map<GuardedField, Change[]> {
  const byField = new Map<GuardedField, Change[]>();
  for (const contribution of contributions) {
    const { entityRef } = contribution;
    for (const change of fieldChanges.byRef.get(entityRef) ?? []) {
      const { field } = change;
      const isApproved = approved.has(changeKey(entityRef, change));
      if (!isApproved && !ignore.includes(field)) {
        const others = byField.get(field) ?? [];
        byField.set(field, others);
        others.push({ contribution, change });
      }
    }
  }
  return byField;
}

function guardField(
  options: {
    field: GuardedField;
    changes: Change[];
    /** What expressions for this field that find nothing give now. */
    unfound: Contribution[];
  },
  input: PlanInput,
): { waiting: Change[]; why: string } {
  const { field, changes, unfound } = options;
  const { maxRatio } = input.changes;
  const limit = maxRatio * entitiesBefore(input);
  if (changes.length >= MIN_CHANGED && changes.length > limit) {
    const why = `; at most ${Math.floor(
      limit,
    )} may at once (changes.maxRatio ${maxRatio})`;
    return { waiting: changes, why };
  }
  const lost = changes.filter(c => c.contribution.unfound?.includes(field));
  const lostRecords = countRecords(lost.map(c => c.contribution));
  const unfoundRecords = countRecords(
    unfound.filter(c => storedOf(c.recordId, input).length > 0),
  );
  const records = recordsBefore(input);
  if (
    lostRecords > maxRatio * records &&
    unfoundRecords >= NEARLY_ALL * records
  ) {
    const all = counted(records, 'record');
    const why = `; what its expression reads is missing in ${unfoundRecords} of ${all}`;
    return { waiting: lost, why };
  }
  const { heldRefs } = input.fieldChanges;
  const waiting = changes.filter(
    ({ contribution }) =>
      !input.complete && heldRefs.has(contribution.entityRef),
  );
  return { waiting, why: '; a plan of the source holds that' };
}

/** Names no entity: whoever reads the reason may not be allowed to see that. */
function describe(changes: Change[], input: PlanInput): string {
  const { field } = changes[0].change;
  const total = counted(entitiesBefore(input), 'entity');
  return `${field} of ${changes.length} of ${total} would change`;
}

/** Why something is held, with an example. Values of records are shown, but never logged. */
export function explainHeld({
  reason,
  changes,
}: NonNullable<SyncPlan['held']>): string {
  const [[example] = []] = changes.values();
  if (!example) {
    return reason;
  }
  const { field, from, to } = example;
  const [before, after] = [from, to].map(value => quoteValue(value) ?? 'none');
  return `${reason}; for example ${field} from ${before} to ${after}`;
}

function entitiesBefore({ total, orphans }: PlanInput): number {
  return total - orphans.length;
}

/** Records that have entities, without those that the answer lacks now. */
function recordsBefore(input: PlanInput): number {
  const { fieldChanges, stored, observed, listed: answered } = input;
  const listed = new Set(observed.map(record => record.recordId));
  const gone = [...stored.contributions.keys()].filter(id => !listed.has(id));
  return Math.min(fieldChanges.givingRecords - gone.length, answered);
}

function countRecords(contributions: Contribution[]): number {
  return new Set(contributions.map(c => c.recordId)).size;
}
