import type { Knex } from 'knex';
import { readLocationKeys } from '../../database/catalogTables';
import { readServiceKeys } from '../../deployments/database/readDeployments';
import type { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { readFedRefs } from '../../ingestion/database/records';
import type { FeedingIntegration } from './toEntities';
import { type IntegrationsContext, readIntegrations } from './readIntegrations';

/** An entity with many thousand relations is too much for the catalog and its graph. */
const MAX_FEEDS = 500;

export type FeedsContext = IntegrationsContext & {
  knex: Knex;
  subjects: DeploymentSubjects;
};

/** The sources and senders of the registry, with the entities of the catalog that they feed. */
export async function readFeeds(
  context: FeedsContext,
): Promise<FeedingIntegration[]> {
  const { knex } = context;
  const found: FeedingIntegration[] = [];
  for (const integration of await readIntegrations(context)) {
    if (integration.type !== 'processor') {
      const refs = await readRefs(integration, context);
      const known = await readLocationKeys({ knex, entityRefs: refs });
      found.push({
        ...integration,
        feeds: refs.filter(ref => known.has(ref)),
      });
    }
  }
  return found;
}

/** What a source gives, and what the deployments of a sender are about. */
async function readRefs(
  { type, name }: Pick<FeedingIntegration, 'type' | 'name'>,
  { knex, subjects }: FeedsContext,
): Promise<string[]> {
  if (type === 'source') {
    return readFedRefs({ knex, source: name, limit: MAX_FEEDS });
  }
  const keys = await readServiceKeys({ knex, sender: name, limit: MAX_FEEDS });
  const refs = keys.flatMap(key => subjects.entityRefOf(name, key) ?? []);
  // Several services may be about one entity.
  return [...new Set(refs)].sort();
}
