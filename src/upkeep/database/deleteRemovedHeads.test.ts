import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import {
  at,
  type Given,
  recordedDelivery,
} from '../../deliveries/__testUtils__/recordedDelivery';
import { createDeploymentStore } from '../../deployments/database/createDeploymentStore';
import type { DeploymentStore } from '../../deployments/deployment';
import { deleteRemovedHeads } from './deleteRemovedHeads';

/** Where `ci` says "payments" and "legacy", and `argo` says "svc-payments", they mean one entity. */
const SUBJECTS = {
  entityRefOf: (sender: string, service: string) =>
    ({
      ci: `component:default/${service === 'legacy' ? 'payments' : service}`,
      argo: `component:default/${service.replace('svc-', '')}`,
    }[sender]),
  subjectsOf: (entityRef: string) => {
    const name = entityRef.replace('component:default/', '');
    return [
      {
        sender: 'ci',
        serviceKeys: name === 'payments' ? [name, 'legacy'] : [name],
      },
      { sender: 'argo', serviceKeys: [`svc-${name}`] },
    ];
  },
};

describe('deleteRemovedHeads', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let deployments: DeploymentStore;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      deployments = createDeploymentStore({ knex });
    });

    const record = (...given: Given[]) =>
      deployments.record(given.map(recordedDelivery));
    const removed = (arrival: number, given: Partial<Given> = {}): Given => ({
      arrival,
      event: 'deployment.removed',
      ...given,
    });
    /** Those from before this minute. */
    const remove = (before: number, signal = new AbortController().signal) =>
      deleteRemovedHeads({
        knex,
        before: at(before).toISOString(),
        signal,
        subjects: SUBJECTS,
      });
    const left = async () =>
      (await deployments.changedHeads()).heads
        .map(({ arrival }) => arrival)
        .sort((a, b) => a - b);

    it('deletes what was removed before, and nothing that runs', async () => {
      await record(
        removed(1),
        removed(2, { environment: 'staging', sequence: 4 }),
        removed(3, { service: 'orders', sender: 'argo' }),
        { arrival: 4, service: 'runs' },
        removed(5, { service: 'recent' }),
        removed(6, { sender: 'gone' }),
      );
      await expect(remove(5)).resolves.toBe(3);
      await expect(left()).resolves.toEqual([4, 5, 6]);
      await expect(remove(7)).resolves.toBe(2);
      await expect(left()).resolves.toEqual([4]);
    });

    it.each<[string, Partial<Given>]>([
      ['without a sequence, where this has one', {}],
      ['of another name', { service: 'legacy' }],
      ['of another sender', { service: 'svc-payments', sender: 'argo' }],
      ['of the same time, that came before', { time: 2 }],
    ])('keeps one that hides an older %s', async (_, older) => {
      await record(
        { arrival: 1, ...older },
        removed(2, { time: 2, sequence: 1 }),
      );
      await expect(remove(9)).resolves.toBe(0);
      await expect(left()).resolves.toEqual([1, 2]);

      await record(removed(3, { time: 3, ...older }));
      await expect(remove(9)).resolves.toBe(2);
      await expect(left()).resolves.toEqual([]);
    });

    it.each<[string, Partial<Given>]>([
      ['a newer', { time: 5 }],
      ['one of another environment', { environment: 'staging' }],
      ['one of another entity', { service: 'orders' }],
      ['one of a sender that is gone', { sender: 'gone' }],
    ])('deletes one beside %s', async (_, other) => {
      await record({ arrival: 1, ...other }, removed(2, { sequence: 1 }));
      await expect(remove(9)).resolves.toBe(1);
      await expect(left()).resolves.toEqual([1]);
    });

    if (databaseId !== 'SQLITE_3') {
      it('leaves one that is being replaced, and waits for nobody', async () => {
        await record(removed(1), removed(2, { service: 'orders' }));
        const other = await knex.transaction();
        await createDeploymentStore({ knex: other }).record([
          recordedDelivery({ arrival: 3 }),
        ]);
        await expect(remove(9)).resolves.toBe(1);
        await other.commit();
        await expect(left()).resolves.toEqual([3]);
      });
    }

    it('goes by pieces, and looks at the signal in between', async () => {
      await record(
        { arrival: 1, service: 's5', sender: 'ci' },
        ...Array.from({ length: 2200 }, (_, i) =>
          removed(i + 2, {
            service: `s${i % 100}`,
            environment: i === 5 ? 'production' : `preview-${i}`,
            sequence: 1,
          }),
        ),
      );
      const stop = new AbortController();
      knex.on('query', ({ sql }) => {
        if (/^delete from/.test(sql)) {
          stop.abort();
        }
      });
      const first = await remove(9999, stop.signal);
      expect([999, 1000]).toContain(first);
      await expect(remove(9999)).resolves.toBe(2199 - first);
      await expect(left()).resolves.toEqual([1, 7]);
    });
  });
});
