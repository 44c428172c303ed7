import { withSpan } from '../metrics/withSpan';
import { applyAgain, applyPlan } from './applyPlan';
import { recheckCycles } from './checks/checkCycles';
import { completeRun } from './completeRun';
import type { StateAfter } from './database/commitRun';
import { readAdoptedKeys } from './database/records';
import {
  compareWithCatalog,
  isOfDifference,
  problemsOfDifference,
} from './ownership';
import { doneRefs } from './plan';
import {
  evaluatedProblems,
  foundProblems,
  heldPlan,
  isFull,
  planList,
  type ReadList,
  readList,
} from './planList';
import type { RunContext } from './runContext';
import { takeSnapshotBeforeApproved } from './snapshots/beforePlan';

/**
 * One run over the whole list. A `full` one applies all of the source's
 * entities, whether or not they changed, and so does one after a run of which
 * the catalog may have taken a part.
 */
export async function runList(
  context: RunContext,
  wantsFull: boolean,
): Promise<void> {
  const { state } = context;
  const full = isFull(context, wantsFull);
  const validators = context.reusable ? state.validators : undefined;
  const answer = await readList(context, { validators });
  context.progress.doing = 'comparing and applying the list';
  if (answer.type === 'listed') {
    await applyList(context, answer, full);
  } else {
    const { retryAt } = answer;
    await keepList(context, { after: { validators, retryAt }, full });
  }
}

/**
 * The list has not changed, so neither have the tables; but somebody may have
 * deleted entities in the catalog.
 */
async function keepList(
  context: RunContext,
  { after, full }: { after: Omit<StateAfter, 'fingerprint'>; full: boolean },
): Promise<void> {
  const { knex, settings, fingerprint } = context;
  const adopted = await readAdoptedKeys({ knex, source: settings.name });
  const difference = await compareWithCatalog(context, {
    closely: full,
    adopted,
  });
  const { restored, unstored } = await applyAgain(context, {
    full,
    difference,
    adopted,
  });
  const cycles = await recheckCycles(context);
  await completeRun(context, {
    restored,
    unstored,
    sawList: true,
    after: {
      fingerprint,
      ...after,
      ...(unstored.length > 0 && { validators: undefined }),
    },
    problems: {
      found: [
        ...(cycles?.found ?? []),
        ...problemsOfDifference(difference, adopted),
        ...unstored,
      ],
      isEvaluated: problem =>
        cycles?.isEvaluated(problem) || isOfDifference(problem),
    },
    changed: full,
  });
}

async function applyList(
  context: RunContext,
  answer: Extract<ReadList, { type: 'listed' }>,
  full: boolean,
): Promise<void> {
  const { settings, state, fingerprint } = context;
  const source = settings.name;
  const planned = await withSpan('custom_data.plan', { source }, () =>
    planList(context, answer, full),
  );
  const { list, difference } = planned;
  const { complete } = list;
  const adopted = planned.adopted.after;
  if (planned.plan.counts.approved) {
    const { knex, now } = context;
    await takeSnapshotBeforeApproved({ knex, source, now: now() });
  }
  const { plan, restored, unstored } = await withSpan(
    'custom_data.apply',
    { source },
    () => applyPlan(context, { plan: planned.plan, full, difference, adopted }),
  );
  await completeRun(context, {
    plan,
    restored,
    unstored,
    sawList: complete && list.listed > 0,
    adopted,
    wanted: planned.wanted,
    // Their hashes are of the fingerprint before.
    outdated: complete || state.fingerprint === fingerprint ? [] : list.unseen,
    after: {
      fingerprint,
      validators:
        plan.stable && unstored.length === 0 ? answer.validators : undefined,
      retryAt: answer.retryAt,
    },
    plans: {
      held: heldPlan(source, plan),
      done: doneRefs(plan),
      complete,
    },
    problems: {
      found: [...foundProblems(planned, plan), ...unstored],
      isEvaluated: evaluatedProblems(list, plan.basis.input),
    },
    changed: full || plan.upserts.length > 0,
  });
}
