import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import {
  listCurrentDeployments,
  listDeploymentHistory,
} from '../deployments/database/readDeployments';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { aDeployment } from '../deployments/__testUtils__/aDeployment';
import { migrateBefore } from './__testUtils__/migrateBefore';
import { MIGRATIONS } from './migrate';

const MIGRATION = { name: '20261129000000_current_deployments.js' };

/** Of `ci` one by time and one by sequence, and one that `argo` reported. */
const DEPLOYMENTS = [
  aDeployment({ arrival: 1 }),
  aDeployment({ arrival: 2, sequence: 7 }),
  aDeployment({ arrival: 3, sender: 'argo', event: 'deployment.removed' }),
];
const OLD_ROWS = [
  {
    lane: 'time',
    order_key: `${DEPLOYMENTS[0].eventAt}#${'1'.padStart(19, '0')}`,
  },
  {
    lane: 'sequence',
    order_key: `${'7'.padStart(19, '0')}#${'2'.padStart(19, '0')}`,
  },
  {
    lane: 'time',
    order_key: `${DEPLOYMENTS[2].eventAt}#${'3'.padStart(19, '0')}`,
  },
].map((order, i) => {
  const deployment = DEPLOYMENTS[i];
  return {
    ...order,
    service_key: deployment.serviceKey,
    sender: deployment.sender,
    environment: deployment.environment,
    status: deployment.status,
    version: deployment.version,
    event_at: deployment.eventAt,
    delivery_id: deployment.deliveryId,
    arrival: deployment.arrival,
    changed_at: deployment.eventAt,
  };
});

describe('the migration to current deployments', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const page = { filter: {}, page: { limit: 9 } };
  const oldRows = (knex: Knex) =>
    knex('custom_data_deployment_heads').orderBy('arrival');

  /** The tables of 0.1.0 with deployments in them. */
  async function before(knex: Knex) {
    await migrateBefore(knex, MIGRATION.name);
    await knex('custom_data_deployment_heads').insert(OLD_ROWS);
    await knex('custom_data_deployments').insert(
      DEPLOYMENTS.map(each => ({
        delivery_id: each.deliveryId,
        service_key: each.serviceKey,
        sender: each.sender,
        environment: each.environment,
        status: each.status,
        version: each.version,
        event_at: each.eventAt,
        arrival: each.arrival,
        sequence: each.sequence ?? null,
      })),
    );
  }

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    it('shows the same after an upgrade, and keeps the order', async () => {
      const knex = await databases.init(databaseId);
      await before(knex);
      await knex.migrate.latest(MIGRATIONS);

      const current = await listCurrentDeployments({ knex, ...page });
      const history = await listDeploymentHistory({ knex, ...page });
      const byArrival = (items: Array<{ arrival: number }>) =>
        [...items].sort((a, b) => a.arrival - b.arrival);
      expect(byArrival(current.items)).toEqual(DEPLOYMENTS);
      expect(byArrival(history.items)).toEqual(DEPLOYMENTS);

      await recordDeployments({
        knex,
        deployments: [
          aDeployment({ arrival: 4, sequence: 6 }),
          aDeployment({ arrival: 5, time: -1 }),
          aDeployment({ arrival: 6, sender: 'argo' }),
        ],
      });
      const next = await listCurrentDeployments({ knex, ...page });
      expect(byArrival(next.items).map(({ arrival }) => arrival)).toEqual([
        1, 2, 6,
      ]);
    });

    it('can be taken back, and made again', async () => {
      const knex = await databases.init(databaseId);
      await before(knex);
      await knex.migrate.up({ ...MIGRATIONS, ...MIGRATION } as object);
      await knex.migrate.down({ ...MIGRATIONS, ...MIGRATION } as object);

      const rows = await oldRows(knex);
      expect(
        rows.map(row => ({ ...row, arrival: Number(row.arrival) })),
      ).toEqual(OLD_ROWS);
      await knex.migrate.latest(MIGRATIONS);
      const { items } = await listCurrentDeployments({ knex, ...page });
      expect(items).toHaveLength(3);
    });

    it('leaves one index, by what a deployment is found', async () => {
      const knex = await databases.init(databaseId);
      await before(knex);
      await knex.migrate.latest(MIGRATIONS);
      const names =
        databaseId === 'SQLITE_3'
          ? await knex('sqlite_master')
              .where({
                type: 'index',
                tbl_name: 'custom_data_current_deployments',
              })
              .pluck('name')
          : await knex('pg_indexes')
              .where({ tablename: 'custom_data_current_deployments' })
              .pluck('indexname');
      expect(names).toEqual([
        expect.stringMatching(/^(sqlite_autoindex_)?custom_data_current_/),
      ]);
    });
  });
});
