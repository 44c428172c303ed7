import type { Knex } from 'knex';
import { keysetPage } from '../../database/keyset';
import { concealValues } from '../../database/safeText';
import type { DeploymentStore } from '../deployment';
import { filterDeployments } from './filterDeployments';
import { findChangedHeads } from './findChangedHeads';
import { findHeads } from './findHeads';
import { recordDeployments } from './recordDeployments';
import {
  HEAD_KEY,
  HEADS_TABLE,
  HISTORY_TABLE,
  toDeployment,
  toHead,
} from './rows';

/** What runs where, in the catalog's database. */
export function createDeploymentStore(options: {
  knex: Knex;
}): DeploymentStore {
  const { knex } = options;
  return {
    record: deliveries =>
      concealValues(() => recordDeployments({ knex, deliveries })),
    heads: serviceKeys => concealValues(() => findHeads({ knex, serviceKeys })),
    changedHeads: since =>
      concealValues(() => findChangedHeads({ knex, since })),
    listHeads: (filter, page) =>
      concealValues(() =>
        keysetPage({
          query: filterDeployments({ knex, table: HEADS_TABLE, filter }),
          columns: HEAD_KEY,
          direction: 'asc',
          page,
          present: toHead,
        }),
      ),
    history: (filter, page) =>
      concealValues(() =>
        keysetPage({
          query: filterDeployments({ knex, table: HISTORY_TABLE, filter }),
          columns: ['event_at', 'arrival'],
          direction: 'desc',
          page,
          present: toDeployment,
        }),
      ),
  };
}
