/*
 * The plan of a source as operators see it and decide on it.
 *
 * A run makes the plan of a source that is polled, and a later run carries it
 * out. A source that was removed from the configuration has no runs, and
 * neither has one whose key `poll` is false. Its plan is to remove all that its
 * list gave. It is made on each look, and an approval carries it out at once.
 */
import {
  ConflictError,
  NotFoundError,
  stringifyError,
  toError,
} from '@backstage/errors';
import { randomUUID } from 'node:crypto';
import { readProviderRefs } from '../../database/catalogTables';
import { providerName, sourcePath } from '../../lib/keys';
import { countedPage, type Page, type PageRequest } from '../../lib/page';
import { applyRemovals } from '../applyPlan';
import type { ChangeReport } from '../changes/change';
import { decideOnChanges } from '../changes/decideOnChanges';
import {
  decidePlan,
  forgetList,
  forgetSource,
  listPlanRefs,
  type PlanReport,
  readCurrentPlan,
  readPlan,
  readSourceRefs,
  saveDecidedPlan,
} from '../database/planDecisions';
import {
  type HeldPlan,
  type PlanDecision,
  type PlanRef,
  toHeldPlan,
} from '../database/plans';
import { countEntities, readAdoptedKeys } from '../database/records';
import { endRun, NO_COUNTS, type Run, type RunEnd } from '../database/runs';
import { withLease } from '../lease';
import { takeSnapshotBefore } from '../snapshots/beforePlan';
import {
  type KnownSource,
  type SourcesContext,
  withHttpErrors,
} from './sources';

/** The plan that waits, or else the latest, with a page of what it would remove. */
export async function showPlan(
  context: SourcesContext,
  known: KnownSource,
  page: PageRequest,
): Promise<{ plan?: PlanReport; refs: Page<PlanRef> }> {
  const { knex } = context;
  const source = known.name;
  const now = context.now();
  const removal = await planRemoval(context, known);
  if (!removal) {
    const plan = await readCurrentPlan({ knex, source, now });
    const refs = plan
      ? await listPlanRefs({ knex, source, hash: plan.hash, page })
      : { items: [], totalItems: 0 };
    return { plan, refs };
  }
  const { hash, reason, refs } = removal;
  const stored = await readPlan({ knex, source, hash, now });
  const rejection = stored?.state === 'rejected' ? stored : undefined;
  const sorted = refs.sort((a, b) => (a.entityRef < b.entityRef ? -1 : 1));
  return {
    plan: {
      hash,
      kind: 'held',
      reason,
      state: 'pending',
      count: refs.length,
      ...rejection,
    },
    refs: await countedPage(page, sorted.length, ({ offset, limit }) =>
      sorted.slice(offset, offset + limit),
    ),
  };
}

interface Decision {
  hash: string;
  decision: PlanDecision;
  by: string;
}

/**
 * A plan that no run made is carried out as soon as it is approved; returns what
 * came of it.
 *
 * Throws a `ConflictError` if the plan does not wait for this decision, and a
 * `NotFoundError` for a hash that no plan has.
 */
export async function decideOnPlan(
  context: SourcesContext,
  known: KnownSource,
  decision: Decision,
): Promise<ChangeReport | undefined> {
  const { knex, now } = context;
  const source = known.name;
  const { hash } = decision;
  const plan = await readPlan({ knex, source, hash, now: now() });
  if (plan && plan.kind !== 'held') {
    return decideOnChanges(context, { source, plan, ...decision });
  }
  if (await removalReason(context, known)) {
    await withHttpErrors(() => decideRemoval(context, known, decision));
  } else if (!(await decidePlan({ knex, source, ...decision, now: now() }))) {
    throw await notWaiting(context, known, decision);
  }
  return undefined;
}

async function notWaiting(
  context: SourcesContext,
  known: KnownSource,
  { hash }: Decision,
): Promise<Error> {
  const { knex, now } = context;
  const source = known.name;
  const { plan } = await showPlan(context, known, { limit: 1 });
  if (plan?.hash === hash && plan.state === 'expired') {
    return new ConflictError(
      `Plan "${hash}" of source "${source}" expired at ${plan.expiresAt}; the next run over the list makes it again, if that list wants the same`,
    );
  }
  const present = plan
    ? `its present plan is "${plan.hash}" (${plan.state})`
    : 'it has no plan';
  const look = `GET ${sourcePath(source)}/plan shows it`;
  return plan?.hash === hash ||
    (await readPlan({ knex, source, hash, now: now() }))
    ? new ConflictError(
        `Plan "${hash}" of source "${source}" does not wait for this decision; ${present}, ${look}`,
      )
    : new NotFoundError(
        `Source "${source}" has no plan "${hash}"; ${present}, ${look}`,
      );
}

/** Why all entities of a list would be removed; undefined if the list is polled. */
export async function removalReason(
  { knex }: SourcesContext,
  known: KnownSource,
): Promise<string | undefined> {
  const isPolled = known.type === 'configured' && known.settings.poll;
  return isPolled
    ? undefined
    : reasonToRemove(known, await countEntities({ knex, source: known.name }));
}

/** The same of a list that gave so many entities. */
export function reasonToRemove(
  known: KnownSource,
  entities: number,
): string | undefined {
  if (known.type === 'unconfigured') {
    return 'the source is no longer configured';
  }
  return known.type === 'configured' && !known.settings.poll && entities > 0
    ? 'the list of the source is no longer polled'
    : undefined;
}

/**
 * The plan to remove all entities that our tables or the catalog know of a
 * list; undefined if the list is polled.
 */
async function planRemoval(
  context: SourcesContext,
  known: KnownSource,
): Promise<HeldPlan | undefined> {
  const { knex } = context;
  const source = known.name;
  const reason = await removalReason(context, known);
  if (reason === undefined) {
    return undefined;
  }
  const refs = new Map<string, PlanRef>();
  const provider = providerName(source);
  for (const entityRef of await readProviderRefs({ knex, provider })) {
    refs.set(entityRef, { entityRef });
  }
  for (const ref of await readSourceRefs({ knex, source })) {
    refs.set(ref.entityRef, ref);
  }
  return toHeldPlan({ source, refs: [...refs.values()], reason });
}

/** Removes all entities of the list, or stores that they stay. */
async function decideRemoval(
  context: SourcesContext,
  known: KnownSource,
  decision: Decision,
): Promise<void> {
  const { knex, now, shutdown } = context;
  const source = known.name;
  const plan = await takePlan(context, known, decision);
  if (decision.decision === 'rejected') {
    const { by } = decision;
    const state = 'rejected';
    await saveDecidedPlan({ knex, source, plan, state, by, now: now() });
    return;
  }
  const run: Run = {
    id: randomUUID(),
    source,
    kind: 'approved',
    startedAt: now(),
  };
  const end = (outcome: RunEnd['outcome'], more?: Partial<RunEnd>) =>
    endRun({ knex, run, end: { endedAt: now(), outcome, ...more } });
  const done = await withLease({
    knex,
    run,
    now,
    signal: shutdown,
    work: async signal => {
      try {
        const options = { known, decision, run, signal };
        const removed = await carryOut(context, options);
        await end(removed > 0 ? 'applied' : 'unchanged', {
          counts: { ...NO_COUNTS, removed, approved: removed },
        });
      } catch (error) {
        // The caller has to see the first error.
        await end('failed', { error: stringifyError(toError(error)) }).catch(
          () => undefined,
        );
        throw error;
      }
    },
  });
  if (!done) {
    throw new ConflictError(
      `Another replica is busy with source "${source}": it may still be configured there`,
    );
  }
}

/** The plan that is decided on, if it waits for this decision. */
async function takePlan(
  context: SourcesContext,
  known: KnownSource,
  decision: Decision,
): Promise<HeldPlan> {
  const { knex, now } = context;
  const { hash } = decision;
  const source = known.name;
  const plan = await planRemoval(context, known);
  const isRepeated =
    decision.decision === 'rejected' &&
    (await readPlan({ knex, source, hash, now: now() }))?.state === 'rejected';
  if (plan?.hash !== hash || isRepeated) {
    throw await notWaiting(context, known, decision);
  }
  return plan;
}

/** Returns how many entities were removed. */
async function carryOut(
  context: SourcesContext,
  options: {
    known: KnownSource;
    decision: Decision;
    run: Run;
    signal: AbortSignal;
  },
): Promise<number> {
  const { knex, now, connectionOf } = context;
  const { known, run, signal, decision } = options;
  const source = known.name;
  // The entities may have changed before the run had the lease.
  const plan = await takePlan(context, known, decision);
  const connection = connectionOf(source);
  if (!connection) {
    throw new ConflictError(
      `Source "${source}" is not connected to the catalog in this process; restart the backend, or try again`,
    );
  }
  const { hash, by } = decision;
  await takeSnapshotBefore({ knex, source, plan: hash, by, now: now() });
  await applyRemovals(
    { knex, connection, run, signal, now },
    {
      removals: plan.refs.map(({ entityRef }) => entityRef),
      adopted: await readAdoptedKeys({ knex, source }),
    },
  );
  // A crash up to here leaves the plan as it was, to be approved again.
  const state = 'applied';
  await saveDecidedPlan({ knex, source, plan, state, by, now: now() });
  // Locations may still read a source that is configured.
  const forget = known.type === 'configured' ? forgetList : forgetSource;
  await forget({ knex, source });
  return plan.refs.length;
}
