import { ConflictError } from '@backstage/errors';
import { signalOf, type SourcesContext } from '../control/sources';
import {
  decidePlan,
  type PlanReport,
  readPlanRefs,
} from '../database/planDecisions';
import type { PlanDecision } from '../database/plans';
import { applyChanges, findChangeable } from './applyChanges';
import type { ChangeReport } from './change';
import { toEntityChanges } from './proposeChanges';

/**
 * Decides on a plan that a person asked for. An approval carries it out at once.
 * One that was approved and not carried out, as its run failed, can be approved
 * again.
 *
 * @throws ConflictError if the plan does not wait for this decision.
 */
export async function decideOnChanges(
  context: SourcesContext,
  options: {
    source: string;
    plan: PlanReport;
    decision: PlanDecision;
    by: string;
  },
): Promise<ChangeReport | undefined> {
  const { knex, now } = context;
  const { source, plan, decision, by } = options;
  const { hash, kind, state, reason } = plan;
  if (decision === 'approved') {
    await findChangeable(context, source);
  }
  const isDecided = await decidePlan({
    knex,
    source,
    hash,
    decision,
    by,
    now: now(),
  });
  const isAgain = decision === 'approved' && state === 'approved';
  if (!isDecided && !isAgain) {
    throw new ConflictError(
      `Plan "${hash}" of source "${source}" does not wait for this decision: it is ${state}; ask for the ${kind} again if it is still wanted`,
    );
  }
  if (decision === 'rejected' || kind === 'held') {
    return undefined;
  }
  const sync = await findChangeable(context, source);
  const refs = await readPlanRefs({ knex, source, hash });
  return applyChanges(context, {
    source,
    kind,
    by,
    reason,
    changes: toEntityChanges(refs),
    plan: hash,
    signal: signalOf(context, sync),
  });
}
