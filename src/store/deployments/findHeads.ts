import type { Knex } from 'knex';
import type { DeploymentHead } from '../../model/deployment';
import { inChunks } from '../../model/inChunks';
import { isAmong } from '../bulk';
import { HEADS_TABLE, toHead } from './rows';

const COLUMNS = [
  'delivery_id',
  'sender',
  'service_key',
  'environment',
  'status',
  'version',
  'event_at',
  'arrival',
];

/** The heads of these services: one query for each thousand. */
export async function findHeads(options: {
  knex: Knex;
  serviceKeys: string[];
}): Promise<DeploymentHead[]> {
  const { knex, serviceKeys } = options;
  const heads: DeploymentHead[] = [];
  for (const chunk of inChunks(serviceKeys)) {
    const rows = await knex(HEADS_TABLE)
      .where(isAmong(knex, 'service_key', chunk))
      .select(COLUMNS);
    for (const row of rows) {
      heads.push(toHead(row));
    }
  }
  return heads;
}
