import type { Knex } from 'knex';
import type { CurrentDeployment } from '../model/deployment';
import { inChunks } from '../model/inChunks';

/** What runs of these services: one query, unless they are more than a statement takes. */
export async function currentDeployments(options: {
  knex: Knex;
  serviceKeys: string[];
}): Promise<CurrentDeployment[]> {
  const { knex, serviceKeys } = options;
  const found: CurrentDeployment[] = [];
  for (const chunk of inChunks(serviceKeys)) {
    const rows = await knex('custom_data_deployment_heads')
      .whereIn('service_key', chunk)
      .whereNot('status', 'removed')
      .select('sender', 'service_key', 'environment', 'version', 'event_at');
    for (const row of rows) {
      found.push({
        sender: row.sender,
        serviceKey: row.service_key,
        environment: row.environment,
        version: row.version,
        deployedAt: row.event_at,
      });
    }
  }
  return found;
}
