import { ConflictError, NotFoundError } from '@backstage/errors';
import { hashOf } from '../../lib/canonicalJson';
import { sourcePath } from '../../lib/keys';
import type { SourcesContext } from '../control/sources';
import { findUndo, type PlanReport } from '../database/planDecisions';
import { readRunChanges, type RunChange } from '../database/runChanges';
import { readRun, type RunReport } from '../database/runReports';
import { type EntityChange, type LeftChange, type Pin, toPin } from './change';
import { outdatedReason } from './checkChanges';
import { findChangeable } from './applyChanges';
import { hashPlan, proposeChanges, toPlanRefs } from './proposeChanges';
import { readCurrentEntities } from './readCurrent';

/** What would take a run back. */
export interface Undo {
  /** Not stored yet. */
  plan: Pick<PlanReport, 'hash' | 'kind' | 'reason' | 'count'>;
  changes: EntityChange[];
  /** What was changed again since. */
  left: LeftChange[];
}

export interface UndoOptions {
  source: string;
  runId: string;
  reason?: string;
  /** Until when the entities stay pinned. */
  until?: Date;
}

/**
 * The plan that takes back what a run changed, and pins it. What was changed
 * again since is left alone.
 *
 * @throws NotFoundError for a run that the source does not have, and
 * ConflictError for one that cannot be undone.
 */
export async function planUndo(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured' | 'now'>,
  options: UndoOptions,
): Promise<Undo> {
  const { knex } = context;
  const { source, runId, until } = options;
  await findChangeable(context, source);
  const run = await findRun(context, options);
  await assertUndoable(context, { source, run });
  const reason = options.reason ?? `run "${runId}" is undone`;
  const pin = toPin({ reason, until, now: context.now() });
  const changes: EntityChange[] = [];
  const left: LeftChange[] = [];
  for await (const part of readRunChanges({ knex, runId })) {
    const entityRefs = part.map(({ entityRef }) => entityRef);
    const current = await readCurrentEntities({ knex, source, entityRefs });
    for (const change of part.map(each => takeBack(each, pin))) {
      const { entityRef } = change;
      const found = current.get(entityRef);
      const outdated =
        found && found.source !== source
          ? `source "${found.source}" owns it by now`
          : outdatedReason(change, found);
      if (outdated) {
        left.push({ entityRef, reason: outdated, current: found?.hash });
      } else {
        changes.push(change);
      }
    }
  }
  if (changes.length + left.length === 0) {
    throw new ConflictError(
      `What run "${runId}" of source "${source}" changed was not kept, so it cannot be undone`,
    );
  }
  const refs = await toPlanRefs({ knex, source, changes });
  const hash = hashPlan(source, 'undo', refs);
  const count = changes.length;
  return { plan: { hash, kind: 'undo', reason, count }, changes, left };
}

/** Stores that plan, to be approved. */
export async function proposeUndo(
  context: SourcesContext,
  options: UndoOptions & { by: string },
): Promise<Undo & { plan: PlanReport }> {
  const { knex, now } = context;
  const { source, runId, by } = options;
  const undo = await planUndo(context, options);
  const { changes, left } = undo;
  if (changes.length === 0) {
    throw new ConflictError(
      `All ${left.length} entities that run "${runId}" of source "${source}" changed were changed again since, so there is nothing to undo`,
    );
  }
  const plan = await proposeChanges({
    knex,
    source,
    kind: 'undo',
    reason: undo.plan.reason,
    changes,
    origin: runId,
    by,
    now: now(),
  });
  return { ...undo, plan };
}

function takeBack(
  { entityRef, before, after }: RunChange,
  pin: Pin,
): EntityChange {
  return {
    entityRef,
    recordId: (before ?? after)?.recordId,
    before: after ? hashOf(after.entity) : null,
    after: before && JSON.parse(before.entity),
    pin,
  };
}

/** Throws a `NotFoundError` for a run that the source does not have. */
export async function findRun(
  { knex }: Pick<SourcesContext, 'knex'>,
  { source, runId }: Pick<UndoOptions, 'source' | 'runId'>,
): Promise<RunReport> {
  const run = await readRun({ knex, source, runId });
  if (!run) {
    throw new NotFoundError(
      `Source "${source}" has no run "${runId}"; GET ${sourcePath(
        source,
      )}/runs lists those that are kept`,
    );
  }
  return run;
}

async function assertUndoable(
  { knex, now }: Pick<SourcesContext, 'knex' | 'now'>,
  { source, run }: { source: string; run: RunReport },
): Promise<void> {
  const about = `Run "${run.id}" of source "${source}"`;
  if (run.outcome !== 'applied') {
    throw new ConflictError(
      run.outcome === 'running'
        ? `${about} has not ended yet; undo it then`
        : `${about} changed nothing that could be undone: it is ${run.outcome}`,
    );
  }
  const undo = await findUndo({ knex, source, runId: run.id, now: now() });
  if (undo) {
    throw new ConflictError(
      `${about} was undone at ${undo.decidedAt} by ${undo.decidedBy}, with plan "${undo.hash}"`,
    );
  }
}
