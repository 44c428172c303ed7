import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { inChunks } from '../../lib/inChunks';
import type { DeploymentHead } from '../deployment';
import { HEAD_COLUMNS, HEADS_TABLE, toHead } from './rows';

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
      .select(HEAD_COLUMNS);
    for (const row of rows) {
      heads.push(toHead(row));
    }
  }
  return heads;
}
