import type { Problem } from '../lib/problem';
import type { Contribution, StoredContribution } from './database/records';
import type { ObservedRecord } from './mapRecord';
import { type PlanInput, storedOf } from './plan';

type Input = Pick<PlanInput, 'stored' | 'complete' | 'foreignOwners'>;

/** The entities that a record has, and those that it is to have. */
export interface DesiredRecord {
  record: ObservedRecord;
  before: StoredContribution[];
  /** The very same list where the record keeps what it has. */
  after: StoredContribution[];
  /** What it gives now; empty where it keeps what it has. */
  fresh: Contribution[];
}

/**
 * Gives each ref to one record: the one that has it and still desires it, else
 * the first in the list. A record that does not get a ref is invalid as a whole
 * and keeps what it has. That may cost another record a ref, so it takes several
 * rounds. Records that wait keep what they have as well.
 */
export function resolveRefs(
  fresh: ObservedRecord[],
  input: Input,
  waiting: ReadonlySet<string>,
): { desired: DesiredRecord[]; problems: Problem[] } {
  const conflicts = new Map<string, Problem[]>();
  for (;;) {
    const desired = fresh.map(record =>
      desiredOf(record, input, waiting, conflicts),
    );
    const holders = refHolders(desired, input, waiting);
    const sizeBefore = conflicts.size;
    for (const { record, before, after } of desired) {
      const found =
        after === before
          ? []
          : after.flatMap(c => conflictOf(c, holders, input));
      if (found.length) {
        conflicts.set(record.recordId, found);
      }
    }
    if (conflicts.size === sizeBefore) {
      return { desired, problems: desired.flatMap(problemsOf) };
    }
  }
}

function desiredOf(
  record: ObservedRecord,
  input: Input,
  waiting: ReadonlySet<string>,
  conflicts: ReadonlyMap<string, Problem[]>,
): DesiredRecord {
  const before = storedOf(record.recordId, input);
  const problems = conflicts.get(record.recordId);
  if (problems) {
    const outcome = { type: 'invalid' as const, problems };
    return { record: { ...record, outcome }, before, after: before, fresh: [] };
  }
  if (record.outcome.type !== 'mapped' || waiting.has(record.recordId)) {
    return { record, before, after: before, fresh: [] };
  }
  const fresh = record.outcome.contributions;
  return { record, before, after: fresh, fresh };
}

function problemsOf({ record: { outcome } }: DesiredRecord): Problem[] {
  return outcome.type === 'unchanged' ? [] : outcome.problems ?? [];
}

function refHolders(
  desired: DesiredRecord[],
  input: Input,
  waiting: ReadonlySet<string>,
): Map<string, string> {
  const refsAfter = new Map(
    desired.map(({ record, after }) => [
      record.recordId,
      new Set(after.map(c => c.entityRef)),
    ]),
  );
  const holders = new Map<string, string>();
  for (const [recordId, contributions] of input.stored.contributions) {
    const refs = refsAfter.get(recordId);
    const unlistedKeeps = !input.complete || waiting.has(recordId);
    for (const { entityRef } of contributions) {
      if (refs ? refs.has(entityRef) : unlistedKeeps) {
        holders.set(entityRef, recordId);
      }
    }
  }
  for (const [recordId, refs] of refsAfter) {
    for (const ref of refs) {
      if (!holders.has(ref)) {
        holders.set(ref, recordId);
      }
    }
  }
  return holders;
}

function conflictOf(
  { recordId, entityRef }: StoredContribution,
  holders: ReadonlyMap<string, string>,
  input: Input,
): Problem[] {
  const foreign = input.foreignOwners.get(entityRef);
  const holder = holders.get(entityRef);
  if (!foreign && holder === recordId) {
    return [];
  }
  const claim = foreign
    ? `${foreign} owns`
    : `record "${holder}" gives as well`;
  return [
    {
      code: 'ref-taken',
      severity: 'error',
      recordId,
      entityRef,
      message:
        `Record "${recordId}" gives "${entityRef}", which ${claim}; ` +
        `it is left as it is. Give one of them another name or namespace.`,
    },
  ];
}
