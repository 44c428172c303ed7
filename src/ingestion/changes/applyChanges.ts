import { ConflictError, InputError } from '@backstage/errors';
import pLimit from 'p-limit';
import { applyPlan, MAX_MUTATIONS } from '../applyPlan';
import { completeRun } from '../completeRun';
import {
  findSource,
  type SourcesContext,
  withHttpErrors,
} from '../control/sources';
import type { NewPin, PinChanges } from '../database/pins';
import { assertNotCarriedOut } from '../database/planDecisions';
import type { ChangeKind } from '../database/runs';
import type { RunContext } from '../runContext';
import { takeSnapshotBefore } from '../snapshots/beforePlan';
import type { SourceSync } from '../SourceSync';
import type { ChangeReport, EntityChange } from './change';
import { checkChanges, type CheckedChange } from './checkChanges';
import { planChanges } from './planChanges';

export interface ChangesOptions {
  kind: ChangeKind;
  by: string;
  /** Why, for the run. */
  reason: string;
  changes: EntityChange[];
  /** The hash of the plan that is carried out. */
  plan?: string;
}

/**
 * Applies changes of a source's entities now, as a run of its own under the
 * source's lease. Each passes the gates of the source: kinds, namespaces,
 * annotations, size, the catalog's model, and who else owns the ref. What does
 * not pass, or was changed since, is left alone and named.
 *
 * @throws ConflictError if the source is not configured, or stays busy.
 */
export async function applyChanges(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured'>,
  options: ChangesOptions & { source: string; signal: AbortSignal },
): Promise<ChangeReport> {
  const { source, signal, ...asked } = options;
  assertDistinct(asked.changes);
  const sync = await findChangeable(context, source);
  return withHttpErrors(() =>
    sync.change({
      kind: asked.kind,
      signal,
      work: run => runChanges(run, asked),
    }),
  );
}

/** The sync of a source whose entities can be changed. */
export async function findChangeable(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured'>,
  source: string,
): Promise<SourceSync> {
  const known = await findSource(context, source);
  const sync = context.syncs.get(source);
  if (!sync) {
    throw new ConflictError(
      `Entities of source "${source}" cannot be changed: it is ${known.type}`,
    );
  }
  return sync;
}

function assertDistinct(changes: EntityChange[]): void {
  const refs = new Set<string>();
  for (const { entityRef } of changes) {
    if (refs.has(entityRef)) {
      throw new InputError(`"${entityRef}" is to be changed twice at once`);
    }
    refs.add(entityRef);
  }
}

async function runChanges(
  context: RunContext,
  options: ChangesOptions,
): Promise<ChangeReport> {
  const { knex, run, now } = context;
  const { kind, by, reason, changes, plan: hash } = options;
  if (hash) {
    const { source } = run;
    await assertNotCarriedOut({ knex, source, hash });
    await takeSnapshotBefore({ knex, source, plan: hash, by, now: now() });
  }
  context.progress.doing = `checking ${changes.length} changes`;
  const checked = await checkChanges(context, { kind, changes });
  const made = await planChanges(context, checked.passed);
  const { plan, unstored, restored } = await applyPlan(
    // Somebody waits for it, so it does not queue behind whole lists.
    { ...context, mutations: pLimit(MAX_MUTATIONS) },
    {
      plan: made,
      full: false,
      difference: { missing: [], lost: new Map() },
      adopted: checked.adopted,
    },
  );
  const refused = new Map(
    plan.problems.map(({ entityRef, message }) => [entityRef, message]),
  );
  const removed = new Set(plan.removals);
  const isApplied = ({ entityRef, contribution, current }: CheckedChange) =>
    contribution ? !refused.has(entityRef) : !current || removed.has(entityRef);
  const applied = checked.passed.filter(isApplied);
  const notApplied = checked.passed.filter(change => !isApplied(change));
  const left = [
    ...checked.left,
    ...notApplied.map(({ entityRef, current }) => ({
      entityRef,
      reason: refused.get(entityRef) ?? 'another entity of its record stays',
      current: current?.hash,
    })),
  ];
  const pins = toPinChanges(applied);
  await completeRun(context, {
    plan,
    restored,
    unstored,
    adopted: checked.adopted,
    // Without a pin, the source wins with its next list.
    relist: applied.some(({ change }) => !change.pin),
    remark: describe({ by, reason, left }),
    asked: { by, pins, plan: hash },
    changed: plan.upserts.length > 0,
  });
  return {
    runId: run.id,
    applied: applied.map(({ entityRef, contribution }) => ({
      entityRef,
      hash: contribution?.hash,
    })),
    left,
  };
}

/** How many of those that were left are named in the run. */
const NAMED = 20;

function describe({
  by,
  reason,
  left,
}: Pick<ChangesOptions, 'by' | 'reason'> & Pick<ChangeReport, 'left'>): string {
  const named = left
    .slice(0, NAMED)
    .map(each => `"${each.entityRef}" (${each.reason})`);
  const more = left.length > NAMED ? [`${left.length - NAMED} more`] : [];
  const alone = left.length
    ? `; left alone: ${[...named, ...more].join(', ')}`
    : '';
  return `by ${by}: ${reason}${alone}`;
}

function toPinChanges(applied: CheckedChange[]): PinChanges {
  return {
    made: applied.flatMap(each => toPin(each) ?? []),
    removed: applied
      .filter(({ change, pin }) => !change.pin && pin)
      .map(({ entityRef }) => entityRef),
  };
}

function toPin(checked: CheckedChange): NewPin | undefined {
  const { entityRef, recordId, change, contribution, current, pin } = checked;
  if (!change.pin) {
    return undefined;
  }
  // What a pin replaces was given by the source, unless it was pinned before.
  const replaced = current?.state && { ...current.state, hash: current.hash };
  return {
    ...change.pin,
    entityRef,
    recordId,
    pinned: contribution && {
      entity: contribution.entity,
      hash: contribution.hash,
    },
    state: pin ? pin.wanted : replaced,
  };
}
