import type { Knex } from 'knex';
import { redactValues } from '../../database/columns';
import type { DeliveryClaim, DeliveryStore } from '../delivery';
import { claimDeliveries } from './claimDeliveries';
import { toDelivery } from './deliveryRow';
import { extendClaim } from './extendClaim';
import { listUnmatched, listUnmatchedServices } from './listUnmatched';
import { requeueDeliveries } from './requeueDeliveries';
import { settleDeliveries } from './settleDeliveries';

/** The deliveries in the catalog's database, shared by all replicas. */
export function createDeliveryStore(options: { knex: Knex }): DeliveryStore {
  const { knex } = options;
  return {
    claim: claim =>
      redactValues(async () => {
        const { ticket, rows } = await claimDeliveries({ knex, ...claim });
        return {
          deliveries: rows.map(toDelivery),
          ...underTicket({ knex, ticket }),
        };
      }),
    listUnmatchedServices: page =>
      redactValues(() => listUnmatchedServices({ knex, ...page })),
    listUnmatched: page => redactValues(() => listUnmatched({ knex, ...page })),
    requeue: (ids, now) =>
      redactValues(() => requeueDeliveries({ knex, ids, now })),
  };
}

function underTicket(options: {
  knex: Knex;
  ticket: string;
}): Pick<DeliveryClaim, 'settle' | 'extend'> {
  return {
    settle: (settlements, now) =>
      redactValues(() => settleDeliveries({ ...options, settlements, now })),
    extend: (ids, until) =>
      redactValues(() => extendClaim({ ...options, ids, until })),
  };
}
