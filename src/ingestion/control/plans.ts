/*
 * The plan of a source as operators see it and decide on it.
 *
 * A run makes the plan of a source that is polled, and a later run carries it
 * out. A source that was removed from the configuration has no runs, and
 * neither has one whose key `poll` is false. Its plan is to remove all that its
 * list gave. It is made on each look, and an approval carries it out at once.
 */
import { ConflictError, stringifyError, toError } from '@backstage/errors';
import { randomUUID } from 'node:crypto';
import { readProviderRefs } from '../../database/catalogTables';
import { providerName } from '../../lib/keys';
import { type Page, pageOf, type PageRequest } from '../../lib/page';
import { applyRemovals } from '../applyPlan';
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
import { endRun, type Run, type RunEnd } from '../database/runs';
import { withLease } from '../lease';
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
  const removed = await removedListOf(context, known);
  if (removed) {
    return showRemoval(context, removed, page);
  }
  const plan = await readCurrentPlan({ knex, source });
  const refs = plan
    ? await listPlanRefs({ knex, source, hash: plan.hash, page })
    : { items: [], totalItems: 0 };
  return { plan, refs };
}

interface Decision {
  hash: string;
  decision: PlanDecision;
  by: string;
}

/** Throws a `ConflictError` if the plan does not wait for this decision. */
export async function decideOnPlan(
  context: SourcesContext,
  known: KnownSource,
  decision: Decision,
): Promise<void> {
  const { knex, now } = context;
  const source = known.name;
  const removed = await removedListOf(context, known);
  if (removed) {
    await withHttpErrors(() => decideRemoval(context, removed, decision));
  } else if (!(await decidePlan({ knex, source, ...decision, now: now() }))) {
    throw new ConflictError(
      `Plan "${decision.hash}" of source "${source}" is not one that waits for this decision; look at the present plan`,
    );
  }
}

/** The entities of a list that is no longer polled. */
interface RemovedList {
  source: string;
  reason: string;
  /** Locations may still read a configured source, so only its list is forgotten. */
  isConfigured: boolean;
}

async function removedListOf(
  { knex }: SourcesContext,
  known: KnownSource,
): Promise<RemovedList | undefined> {
  const source = known.name;
  if (known.type === 'unconfigured') {
    const reason = 'the source is no longer configured';
    return { source, reason, isConfigured: false };
  }
  if (
    known.type === 'configured' &&
    !known.settings.poll &&
    (await countEntities({ knex, source })) > 0
  ) {
    const reason = 'the list of the source is no longer polled';
    return { source, reason, isConfigured: true };
  }
  return undefined;
}

/** The plan to remove all entities that our tables or the catalog know of a list. */
async function planRemoval(
  { knex }: SourcesContext,
  { source, reason }: RemovedList,
): Promise<HeldPlan> {
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

async function showRemoval(
  context: SourcesContext,
  removed: RemovedList,
  page: PageRequest,
): Promise<{ plan: PlanReport; refs: Page<PlanRef> }> {
  const { hash, reason, refs } = await planRemoval(context, removed);
  const rejection = await rejectionOf(context, removed, hash);
  const sorted = refs.sort((a, b) => (a.entityRef < b.entityRef ? -1 : 1));
  return {
    plan: { hash, reason, state: 'pending', count: refs.length, ...rejection },
    refs: pageOf(sorted, ({ entityRef }) => entityRef, page),
  };
}

async function rejectionOf(
  { knex }: SourcesContext,
  { source }: RemovedList,
  hash: string,
): Promise<PlanReport | undefined> {
  const plan = await readPlan({ knex, source, hash });
  return plan?.state === 'rejected' ? plan : undefined;
}

/** The run of a removal has these counts and `removed`. */
const NO_COUNTS = {
  records: 0,
  added: 0,
  changed: 0,
  removed: 0,
  held: 0,
  invalid: 0,
};

/** Removes all entities of the list, or stores that they stay. */
async function decideRemoval(
  context: SourcesContext,
  removed: RemovedList,
  decision: Decision,
): Promise<void> {
  const { knex, now, shutdown } = context;
  const { source } = removed;
  const run: Run = {
    id: randomUUID(),
    source,
    kind: 'retire',
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
        const count = await carryOut(context, {
          removed,
          decision,
          run,
          signal,
        });
        await end(count > 0 ? 'applied' : 'unchanged', {
          counts: { ...NO_COUNTS, removed: count },
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

/** Returns how many entities were removed. */
async function carryOut(
  context: SourcesContext,
  options: {
    removed: RemovedList;
    decision: Decision;
    run: Run;
    signal: AbortSignal;
  },
): Promise<number> {
  const { knex, now, connectionOf } = context;
  const { removed, run, signal } = options;
  const { hash, decision, by } = options.decision;
  const { source } = removed;
  const plan = await planRemoval(context, removed);
  const rejection = await rejectionOf(context, removed, plan.hash);
  if (plan.hash !== hash || (rejection && decision === 'rejected')) {
    throw new ConflictError(
      `Plan "${hash}" of source "${source}" is not one that waits for a decision`,
    );
  }
  const save = (state: 'rejected' | 'applied') =>
    saveDecidedPlan({ knex, source, plan, state, by, now: now() });
  if (decision === 'rejected') {
    await save('rejected');
    return 0;
  }
  const connection = connectionOf(source);
  if (!connection) {
    throw new ConflictError(
      `Source "${source}" is not connected to the catalog in this process; restart the backend, or try again`,
    );
  }
  await applyRemovals(
    { knex, connection, run, signal, now },
    {
      removals: plan.refs.map(({ entityRef }) => entityRef),
      adopted: await readAdoptedKeys({ knex, source }),
    },
  );
  // A crash up to here leaves the plan as it was, to be approved again.
  await save('applied');
  await (removed.isConfigured
    ? forgetList({ knex, source })
    : forgetSource({ knex, source }));
  return plan.refs.length;
}
