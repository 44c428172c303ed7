import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { type PlanReport, readPlan } from '../database/planDecisions';
import { type PlanKind, type PlanRef, writePlan } from '../database/plans';
import { addSource } from '../database/runs';
import type { EntityChange } from './change';
import { readCurrentEntities } from './readCurrent';

/**
 * Stores a plan that waits for approval. The same changes give the same hash,
 * and leave a plan as it is that waits already. A change that does not say what
 * it replaces replaces what there is now, and nothing else by the time of its
 * approval.
 */
export async function proposeChanges(options: {
  knex: Knex;
  source: string;
  kind: Exclude<PlanKind, 'held'>;
  reason: string;
  changes: EntityChange[];
  /** The run that it undoes, or the snapshot that it restores. */
  origin?: string;
  by: string;
  now: Date;
}): Promise<PlanReport> {
  const { knex, source, kind, reason, changes, origin, by, now } = options;
  if (changes.length === 0) {
    throw new InputError(
      `There is nothing to change of source "${source}", so no plan was made`,
    );
  }
  const refs = await toPlanRefs(options);
  const hash = hashPlan(source, kind, refs);
  const known = await readPlan({ knex, source, hash, now });
  if (known?.state === 'pending') {
    return known;
  }
  await addSource(knex, source);
  const plan = { hash, kind, reason, refs, origin, createdBy: by };
  await knex.transaction(tx =>
    writePlan({ tx, source, plan, state: 'pending', now }),
  );
  return (await readPlan({ knex, source, hash, now }))!;
}

/** The hash that a plan of these changes has. */
export function hashPlan(
  source: string,
  kind: PlanKind,
  refs: PlanRef[],
): string {
  const sorted = refs
    .map(({ entityRef, change }) => canonicalJson([entityRef, change]))
    .sort();
  return hashOf(canonicalJson([kind, source, sorted]));
}

/** Changes as a plan has them: each says what it replaces. */
export async function toPlanRefs(options: {
  knex: Knex;
  source: string;
  changes: EntityChange[];
}): Promise<PlanRef[]> {
  const { knex, source, changes } = options;
  const entityRefs = changes.map(({ entityRef }) => entityRef);
  const current = await readCurrentEntities({ knex, source, entityRefs });
  return changes.map(({ entityRef, recordId, before, after, pin }) => {
    const now = current.get(entityRef);
    return {
      entityRef,
      recordId: recordId ?? now?.state?.recordId,
      change: {
        before: before === undefined ? now?.hash ?? null : before,
        entity: after ? canonicalJson(after) : null,
        pin: pin ?? null,
      },
    };
  });
}

/** The changes of a plan. */
export function toEntityChanges(refs: PlanRef[]): EntityChange[] {
  return refs.flatMap(({ entityRef, recordId, change }) =>
    change
      ? [
          {
            entityRef,
            recordId,
            before: change.before,
            after:
              change.entity === null ? undefined : JSON.parse(change.entity),
            pin: change.pin ?? undefined,
          },
        ]
      : [],
  );
}
