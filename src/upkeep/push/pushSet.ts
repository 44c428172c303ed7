import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { ConflictError } from '@backstage/errors';
import { readLocationKeys } from '../../database/catalogTables';
import {
  type SourcesContext,
  withHttpErrors,
} from '../../ingestion/control/sources';
import {
  type PlanReport,
  readCurrentPlan,
} from '../../ingestion/database/planDecisions';
import { readOrigins } from '../../ingestion/database/records';
import { readRun, type RunReport } from '../../ingestion/database/runReports';
import { describeHolder } from '../../ingestion/ownership';
import { runList } from '../../ingestion/runList';
import { providerName } from '../../lib/keys';
import { CustomSourceReader } from '../../sources/customRecordSource';
import { assertNotPaused } from './findTarget';
import type { PushWorker } from './PushWorker';

/** What a set changed, and what of it is held. */
export interface PushedSet {
  run: RunReport;
  /** What waits for an approval. */
  plan?: PlanReport;
}

/**
 * Makes these the entities of a push source, as a run over a list: what the set
 * lacks is removed, unless that is too much, and then held. The same set again
 * changes nothing.
 */
export async function pushSet(
  context: SourcesContext & { pushes: Pick<PushWorker, 'flush'> },
  source: string,
  entities: Entity[],
): Promise<PushedSet> {
  const { knex, now, shutdown: signal } = context;
  const sync = context.syncs.get(source)!;
  await assertNotPaused(context, sync.settings);
  await assertOurs(context, source, entities.map(stringifyEntityRef));
  // What was accepted before is of before.
  await context.pushes.flush(source);
  const list = new CustomSourceReader({ name: source, list: () => [entities] });
  const runId = await withHttpErrors(() =>
    sync.change({
      kind: 'manual',
      signal,
      work: async run => {
        await runList({ ...run, source: list }, false);
        return run.run.id;
      },
    }),
  );
  const run = await readRun({ knex, source, runId });
  const plan = await readCurrentPlan({ knex, source, now: now() });
  return { run: run!, plan: plan?.state === 'pending' ? plan : undefined };
}

/** Nothing of a set is applied where any of it is somebody else's. */
async function assertOurs(
  { knex }: SourcesContext,
  source: string,
  entityRefs: string[],
): Promise<void> {
  const keys = await readLocationKeys({ knex, entityRefs });
  const others = [...keys].filter(([, key]) => key !== providerName(source));
  const origins = await readOrigins({ knex, entityRefs });
  for (const [ref, given] of origins) {
    const polled = given.find(({ via }) => via === 'poll');
    if (polled && polled.source !== source) {
      throw new ConflictError(
        `"${ref}" is of source "${polled.source}", so nothing of the set was written`,
      );
    }
  }
  for (const [ref, key] of others) {
    throw new ConflictError(
      `"${ref}" is of ${describeHolder(
        key,
      )}, so nothing of the set was written`,
    );
  }
}
