import type { Knex } from 'knex';
import type { ClaimedDelivery, DeliveryStore } from '../model/delivery';
import { concealValues } from './concealValues';
import { acceptDelivery } from './deliveriesAccept';
import { claimDeliveries } from './deliveriesClaim';
import { extendClaim } from './deliveriesExtend';
import { retryDelivery } from './deliveriesRetry';
import { toDelivery, type DeliveryRow } from './deliveriesRow';
import { settleDelivery } from './deliveriesSettle';

/** The deliveries in the catalog's database, shared by all replicas. */
export function createDeliveryStore(options: { knex: Knex }): DeliveryStore {
  const { knex } = options;
  return {
    accept: (delivery, now) =>
      concealValues(() => acceptDelivery({ knex, delivery, now })),
    claim: async claim => {
      const { ticket, rows } = await concealValues(() =>
        claimDeliveries({ knex, ...claim }),
      );
      return rows.map(row => toClaim({ knex, row, ticket }));
    },
  };
}

function toClaim(options: {
  knex: Knex;
  row: DeliveryRow;
  ticket: string;
}): ClaimedDelivery {
  const { knex, row, ticket } = options;
  const claim = { knex, deliveryId: row.delivery_id, ticket };
  return {
    delivery: toDelivery(row),
    settle: (state, now, reason) =>
      concealValues(() => settleDelivery({ ...claim, state, now, reason })),
    extend: until => concealValues(() => extendClaim({ ...claim, until })),
    retry: ({ at, reason }) =>
      concealValues(() => retryDelivery({ ...claim, at, reason })),
  };
}
