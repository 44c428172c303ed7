import type { Knex } from 'knex';
import type { SyncStore } from './SyncStore';
import { commitRun } from './commitRun';
import {
  loadEntities,
  ownersInUse,
  readAdoptedKeys,
  readEntities,
  readHolders,
  readOwners,
} from './entities';
import { approvalWaits, approvedRefs, heldRefs } from './plans';
import { openProblems, settleProblems } from './problems';
import { readMarks, readRecords } from './records';
import { beginRun, endRun, renewLease } from './runs';
import { postpone, readState } from './sourceState';

/** The tables of polling: sources, runs, records and what they give. */
export function createSyncStore(options: { knex: Knex }): SyncStore {
  const { knex } = options;
  return {
    listSources: () => knex('custom_data_sources').pluck('source'),
    readState: source => readState({ knex, source }),
    beginRun: (run, lease) => beginRun({ knex, run, lease }),
    renewLease: (runId, lease) => renewLease({ knex, runId, lease }),
    readMarks: async source => readMarks(knex, source),
    readRecords: (source, ids) => readRecords(knex, source, ids),
    readEntities: async source => readEntities(knex, source),
    loadEntities: (source, refs) => loadEntities(knex, source, refs),
    holders: (source, refs) => readHolders(knex, source, refs),
    entityRefs: source =>
      knex('custom_data_entities').where({ source }).pluck('entity_ref'),
    adoptedKeys: source => readAdoptedKeys(knex, source),
    openProblems: (source, codes) => openProblems(knex, source, codes),
    ownersInUse: source => ownersInUse(knex, source),
    saveProblems: (run, outcome) =>
      knex.transaction(tx =>
        settleProblems({ tx, run, outcome, isAll: false }),
      ),
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
    heldRefs: source => heldRefs({ knex, source }),
    approvalWaits: (source, now) => approvalWaits({ knex, source, now }),
    postpone: (source, retryAt) => postpone({ knex, source, retryAt }),
    commitRun: commit => commitRun({ knex, ...commit }),
    endRun: end => endRun({ knex, ...end }),
  };
}
