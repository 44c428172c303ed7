import type { Knex } from 'knex';
import type { SyncStore } from '../../model/sync';
import { chunks } from '../chunks';
import { approvalWaits, approvedRefs } from '../plans/approvals';
import { commitRun } from './commitRun';
import { acquireLease, releaseLease, renewLease } from './lease';
import { postpone } from './postpone';
import { readState } from './readState';
import { readStored } from './readStored';
import { endRun, startRun } from './runs';

/** The tables of polling: sources, runs, records and what they give. */
export function createSyncStore(options: { knex: Knex }): SyncStore {
  const { knex } = options;
  return {
    listSources: async () => {
      const rows = await knex('custom_data_sources').select('source');
      return rows.map(row => row.source);
    },
    readState: source => readState({ knex, source }),
    acquireLease: lease => acquireLease({ knex, ...lease }),
    renewLease: lease => renewLease({ knex, ...lease }),
    releaseLease: lease => releaseLease({ knex, ...lease }),
    readStored: (source, recordId) => readStored({ knex, source, recordId }),
    countEntities: async source => {
      const [row] = await knex('custom_data_entities')
        .where({ source })
        .count({ count: '*' });
      return Number(row.count);
    },
    owners: entityRefs => readOwners(knex, entityRefs),
    recordsOf: async entityRef => {
      const rows = await knex('custom_data_contributions')
        .select('source', 'record_id')
        .where({ entity_ref: entityRef });
      return rows.map(row => ({ source: row.source, recordId: row.record_id }));
    },
    approvedRefs: (source, now) => approvedRefs({ knex, source, now }),
    approvalWaits: (source, now) => approvalWaits({ knex, source, now }),
    postpone: (source, retryAt) => postpone({ knex, source, retryAt }),
    startRun: run => startRun({ knex, run }),
    commitRun: commit => commitRun({ knex, ...commit }),
    endRun: end => endRun({ knex, ...end }),
  };
}

async function readOwners(
  knex: Knex,
  entityRefs: string[],
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for (const chunk of chunks(entityRefs)) {
    const rows = await knex('custom_data_entities')
      .select('entity_ref', 'source')
      .whereIn('entity_ref', chunk);
    for (const row of rows) {
      owners.set(row.entity_ref, row.source);
    }
  }
  return owners;
}
