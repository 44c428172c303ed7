import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { acceptDeliveries } from '../deliveries/__testUtils__/acceptDeliveries';
import { newDelivery } from '../deliveries/__testUtils__/newDelivery';
import { listDeliveries } from '../deliveries/database/readLog';
import {
  listCurrentDeployments,
  listDeploymentHistory,
} from '../deployments/database/readDeployments';
import { recordDeployments } from '../deployments/database/recordDeployments';
import {
  CURRENT_TABLE,
  HISTORY_TABLE,
  toCurrentRow,
  toHistoryRow,
} from '../deployments/database/tables';
import { aDeployment } from '../deployments/__testUtils__/aDeployment';
import { migrateBefore } from './__testUtils__/migrateBefore';
import { MIGRATIONS } from './migrate';

const MIGRATION = { name: '20261130000000_deployment_targets.js' };
const page = { filter: {}, page: { limit: 9 } };

describe('the migration to targets of deployments', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  /** Writes rows as a version does that knows no targets. */
  async function recordBefore(knex: Knex, arrival: number) {
    const deployment = aDeployment({ arrival, environment: 'production.eu' });
    const {
      target: _,
      commit_at: ___,
      digest: ____,
      physical_environment: _____,
      ...history
    } = toHistoryRow(deployment);
    const { target: __, owner: ______, ...current } = toCurrentRow(deployment);
    await knex(HISTORY_TABLE).insert(history);
    await knex(CURRENT_TABLE)
      .insert(current)
      .onConflict(['service_key', 'sender', 'environment', 'ordering_key'])
      .merge();
    return deployment;
  }

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    it('shows the same after an upgrade', async () => {
      const knex = await databases.init(databaseId);
      await migrateBefore(knex, MIGRATION.name);
      const deployment = await recordBefore(knex, 1);
      await knex.migrate.latest(MIGRATIONS);

      for (const list of [listCurrentDeployments, listDeploymentHistory]) {
        const { items } = await list({ knex, ...page });
        expect(items).toEqual([deployment]);
      }
    });

    it('lets a version without targets go on, and show the same annotations', async () => {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest(MIGRATIONS);
      await recordDeployments({
        knex,
        deployments: [aDeployment({ arrival: 1, target: 'eu' })],
      });
      const environments = await knex(CURRENT_TABLE).pluck('environment');
      expect(environments).toEqual(['production.eu']);

      await acceptDeliveries(knex, [newDelivery({ target: 'eu' })], new Date());
      const [{ event }] = await knex('custom_data_deliveries');
      expect(JSON.parse(event).environment).toBe('production.eu');

      await recordBefore(knex, 2);
      const { items } = await listCurrentDeployments({ knex, ...page });
      expect(items).toMatchObject([
        { version: 'v2', environment: 'production', target: 'eu' },
      ]);
    });

    it('can be taken back, and made again', async () => {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest(MIGRATIONS);
      await acceptDeliveries(knex, [newDelivery({ target: 'eu' })], new Date());
      await knex.migrate.down({ ...MIGRATIONS, ...MIGRATION } as object);
      await expect(
        knex('custom_data_deliveries').pluck('environment'),
      ).resolves.toEqual(['production.eu']);

      await knex.migrate.latest(MIGRATIONS);
      const { items } = await listDeliveries({ knex, ...page });
      expect(items).toMatchObject([
        { event: { environment: 'production', target: 'eu' } },
      ]);
    });
  });
});
