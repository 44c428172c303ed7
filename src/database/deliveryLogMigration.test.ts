import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { claimDeliveries } from '../deliveries/database/claim';
import { findDelivery } from '../deliveries/database/readLog';
import {
  listCurrentDeployments,
  listDeploymentHistory,
} from '../deployments/database/readDeployments';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { toDeployment } from '../deployments/deployment';
import { migrateBefore } from './__testUtils__/migrateBefore';
import { MIGRATIONS } from './migrate';

const T0 = '2026-11-22T12:00:00.000Z';
const T1 = '2026-11-22T12:00:01.000Z';

const DELIVERY = {
  delivery_id: 'd1',
  sender: 'ci',
  dedupe_key: 'k1',
  digest: 'x',
  secret_id: 's',
  dialect: 'catalog',
  service_key: 'payments',
  environment: 'production',
  event: JSON.stringify({
    event: 'deployment.success',
    service: 'payments',
    version: 'v1',
    environment: 'production',
    catalogRefresh: false,
  }),
  state: 'pending',
  attempts: 3,
  received_at: T0,
  due_at: T0,
};
const SHARED = {
  delivery_id: 'd1',
  sender: 'ci',
  service_key: 'payments',
  environment: 'production',
  status: 'success',
  version: 'v1',
  event_at: T0,
};
const CURRENT = { ...SHARED, order_key: `${T0}#0000000000000000012` };

describe('the migration of the delivery log', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  /** The tables as the release before left them, with something in them. */
  async function before(knex: Knex) {
    await migrateBefore(knex, '20261122300000_delivery_log.js');
    await knex('custom_data_deliveries').insert(DELIVERY);
    await knex('custom_data_deployments').insert({ ...SHARED, sequence: 12 });
    await knex('custom_data_deployment_heads').insert(CURRENT);
  }

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    it('keeps what was there, and it goes on from there', async () => {
      const knex = await databases.init(databaseId);
      await before(knex);
      await knex.migrate.latest(MIGRATIONS);

      const deliveries = await claimDeliveries({
        knex,
        limit: 5,
        leaseMs: 1000,
        now: new Date(T1),
      });
      expect(deliveries).toMatchObject([
        {
          id: 'd1',
          attempts: 4,
          attemptsBefore: 0,
          receivedAt: new Date(T0),
          queuedAt: new Date(T0),
        },
      ]);
      await expect(findDelivery({ knex, id: 'd1' })).resolves.toMatchObject({
        payload: '',
        headers: {},
        attemptList: [],
      });

      const all = { knex, filter: {}, page: { limit: 5 } };
      await expect(listDeploymentHistory(all)).resolves.toMatchObject({
        items: [{ version: 'v1', arrival: 12 }],
      });
      await expect(listCurrentDeployments(all)).resolves.toMatchObject({
        items: [{ version: 'v1', arrival: 12 }],
      });
      const older = { ...deliveries[0], id: 'd0', sequence: 11 };
      await recordDeployments({ knex, deployments: [toDeployment(older)] });
      await expect(listCurrentDeployments(all)).resolves.toMatchObject({
        items: [{ deliveryId: 'd1' }],
      });
    });

    it('can be taken back: of two current deployments the later remains', async () => {
      const knex = await databases.init(databaseId);
      await before(knex);
      await knex.migrate.up(MIGRATIONS);
      await knex('custom_data_deployment_heads').insert({
        ...SHARED,
        delivery_id: 'd2',
        version: 'v2',
        event_at: T1,
        lane: 'sequence',
        order_key: 'any',
        arrival: 13,
        changed_at: T1,
      });
      await knex.migrate.down(MIGRATIONS);

      await expect(knex('custom_data_deployment_heads')).resolves.toEqual([
        {
          ...SHARED,
          delivery_id: 'd2',
          version: 'v2',
          event_at: T1,
          order_key: `${T1}#0000000000000000013`,
        },
      ]);
      await expect(
        knex('custom_data_deliveries').first(),
      ).resolves.toMatchObject({ delivery_id: 'd1', attempts: 3 });
      const [event] = await knex('custom_data_deployments');
      expect(Number(event.sequence)).toBe(12);
      await knex.migrate.latest(MIGRATIONS);
    });
  });
});
