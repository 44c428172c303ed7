import type { Problem } from '../lib/problem';
import type { StoredContribution } from './database/SyncStore';
import type { ObservedRecord, PlanInput, Wish } from './planTypes';

/**
 * Gives each ref to one record: whoever has it and still wants it, else the
 * first in the list. A record that loses one is invalid as a whole and keeps
 * what it has, which may cost another record a ref in turn; hence the rounds.
 * Those that wait keep what they have as well.
 */
export function resolveRefs(
  fresh: ObservedRecord[],
  input: PlanInput,
  waiting: ReadonlySet<string>,
): { wishes: Wish[]; problems: Problem[] } {
  const lost = new Map<string, Problem[]>();
  for (;;) {
    const wishes = fresh.map(record => wishOf(record, input, waiting, lost));
    const holders = refHolders(wishes, input, waiting);
    const sizeBefore = lost.size;
    for (const { record, before, after } of wishes) {
      const conflicts =
        after === before
          ? []
          : after.flatMap(c => conflictOf(c, holders, input));
      if (conflicts.length) {
        lost.set(record.recordId, conflicts);
      }
    }
    if (lost.size === sizeBefore) {
      return { wishes, problems: wishes.flatMap(problemsOf) };
    }
  }
}

function wishOf(
  record: ObservedRecord,
  input: PlanInput,
  waiting: ReadonlySet<string>,
  lost: Map<string, Problem[]>,
): Wish {
  const before = storedOf(record.recordId, input);
  const conflicts = lost.get(record.recordId);
  if (conflicts) {
    const outcome = { type: 'invalid' as const, problems: conflicts };
    return { record: { ...record, outcome }, before, after: before, fresh: [] };
  }
  if (record.outcome.type !== 'mapped' || waiting.has(record.recordId)) {
    return { record, before, after: before, fresh: [] };
  }
  const fresh = record.outcome.contributions;
  return { record, before, after: fresh, fresh };
}

function problemsOf({ record: { outcome } }: Wish): Problem[] {
  return outcome.type === 'unchanged' ? [] : outcome.problems ?? [];
}

function refHolders(
  wishes: Wish[],
  input: PlanInput,
  waiting: ReadonlySet<string>,
): Map<string, string> {
  const wanted = new Map(
    wishes.map(wish => [
      wish.record.recordId,
      new Set(wish.after.map(c => c.entityRef)),
    ]),
  );
  const holders = new Map<string, string>();
  for (const [recordId, contributions] of input.stored.contributions) {
    const refs = wanted.get(recordId);
    const unlistedKeeps = !input.complete || waiting.has(recordId);
    for (const { entityRef } of contributions) {
      if (refs ? refs.has(entityRef) : unlistedKeeps) {
        holders.set(entityRef, recordId);
      }
    }
  }
  for (const [recordId, refs] of wanted) {
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
  holders: Map<string, string>,
  input: PlanInput,
): Problem[] {
  const foreign = input.foreignOwners.get(entityRef);
  const holder = holders.get(entityRef);
  if (!foreign && holder === recordId) {
    return [];
  }
  return [
    {
      code: 'ref-taken',
      severity: 'error',
      recordId,
      entityRef,
      message:
        `Record "${recordId}" gives "${entityRef}", which ` +
        `${
          foreign ? `${foreign} owns` : `record "${holder}" gives as well`
        }; ` +
        `it is left as it is. Give one of them another name or namespace.`,
    },
  ];
}

/** What a record gave when it was last applied. */
export function storedOf(
  recordId: string,
  input: PlanInput,
): StoredContribution[] {
  return input.stored.contributions.get(recordId) ?? [];
}
