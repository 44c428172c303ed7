import type { Entity } from '@backstage/catalog-model';
import { DeploymentSubjects } from '../../src/deployments/DeploymentSubjects';
import { DEPLOYED_VERSION_PREFIX } from '../../src/lib/keys';
import { DeploymentProcessor } from '../../src/processors/DeploymentProcessor';
import type { WebhookOptions } from '../readOptions';
import type { RoundResults } from '../report/RoundResults';
import { SENDER } from '../webhooks/createRequest';
import {
  createDatabase,
  createEntities,
} from '../webhooks/processor/createCatalog';
import { measurePass, NO_PROCESSOR } from '../webhooks/processor/measurePass';

const ROUNDS = 10;
const WARM_UPS = 3;

const KEY = { subject: 'module', case: 'processor' };

type Options = Pick<WebhookOptions, 'cases' | 'records'> & {
  results: RoundResults;
};

export function expectProcessor({ cases, records, results }: Options): void {
  if (cases.includes('processor')) {
    results.expect({ ...KEY, records }, ROUNDS);
  }
}

/**
 * What showing deployments costs in a pass of the catalog over all entities, in
 * this process: what a pass takes with the processor beyond one without any.
 */
export async function measureProcessor(options: Options): Promise<void> {
  if (!options.cases.includes('processor')) {
    return;
  }
  try {
    await measureRounds(options);
  } catch (error) {
    options.results.fail(KEY, error);
  }
}

async function measureRounds({ records, results }: Options): Promise<void> {
  const entities = createEntities(records);
  const { knex, deployed, queries } = await createDatabase(records);
  const processor = new DeploymentProcessor({
    knex,
    subjects: new DeploymentSubjects([
      { name: SENDER, entity: 'component:default/{service}', aliases: {} },
    ]),
  });
  for (let round = -WARM_UPS; round < ROUNDS; round += 1) {
    const bare = await measurePass(NO_PROCESSOR, entities);
    const before = queries();
    const own = await measurePass(processor, entities);
    assertShown(own.entities, deployed);
    if (round >= 0) {
      results.add(KEY, {
        cpuMicros: own.micros - bare.micros,
        queriesEach: (queries() - before) / records,
      });
    }
  }
  await knex.destroy();
}

/** A pass that shows nothing is no measurement. */
function assertShown(entities: Entity[], deployed: number): void {
  const shown = entities.filter(({ metadata }) =>
    Object.keys(metadata.annotations ?? {}).some(key =>
      key.startsWith(DEPLOYED_VERSION_PREFIX),
    ),
  ).length;
  if (shown !== deployed) {
    throw new Error(`${shown} entities show deployments, of ${deployed}`);
  }
}
