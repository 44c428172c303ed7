import type { Knex } from 'knex';
import type { RetentionStore } from '../../model/lifecycle';
import { toText } from '../time';
import { deleteOldDeliveries } from './deleteOldDeliveries';
import { deleteOldDeployments } from './deleteOldDeployments';
import { deleteOldReads } from './deleteOldReads';
import { deleteOldRuns } from './deleteOldRuns';
import { deleteRemovedHeads } from './deleteRemovedHeads';
import { inPieces } from './inPieces';

/** Removes what is older than it has to be kept. */
export function createRetentionStore(options: { knex: Knex }): RetentionStore {
  const { knex } = options;
  return {
    deleteDeliveries: (before, signal) =>
      inPieces(signal, limit =>
        deleteOldDeliveries({ knex, before: toText(before), limit }),
      ),
    deleteRuns: (before, signal) =>
      inPieces(signal, limit =>
        deleteOldRuns({ knex, before: toText(before), limit }),
      ),
    deleteReads: before => deleteOldReads({ knex, before: toText(before) }),
    deleteDeployments: (before, signal) =>
      inPieces(signal, limit =>
        deleteOldDeployments({ knex, before: toText(before), limit }),
      ),
    deleteRemovedHeads: (before, signal, subjects) =>
      deleteRemovedHeads({ knex, before: toText(before), signal, subjects }),
  };
}
