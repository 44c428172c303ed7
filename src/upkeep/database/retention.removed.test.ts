import { describeTables } from '../../database/__testUtils__/describeTables';
import { aSender } from '../../config/__testUtils__/aSender';
import {
  aDeployment,
  at,
  type Given,
} from '../../deployments/__testUtils__/aDeployment';
import { listCurrentDeployments } from '../../deployments/database/readDeployments';
import { recordDeployments } from '../../deployments/database/recordDeployments';
import { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { deleteRemovedDeployments } from './retention';

/** "payments" and "legacy" of `ci` and "payments" of `argo` are about one entity. */
const subjects = new DeploymentSubjects([
  aSender({
    entity: 'component:default/svc-{service}',
    aliases: { legacy: 'payments' },
  }),
  aSender({ name: 'argo' }),
]);

describeTables('deleteRemovedDeployments %p', tables => {
  const record = (...given: Given[]) =>
    recordDeployments({
      knex: tables.knex,
      deployments: given.map(aDeployment),
    });
  const removed = (arrival: number, given: Partial<Given> = {}): Given => ({
    arrival,
    event: 'deployment.removed',
    ...given,
  });
  /** Deletes those from before this minute. */
  const remove = (before: number, signal = new AbortController().signal) =>
    deleteRemovedDeployments({
      knex: tables.knex,
      before: at(before),
      signal,
      subjects,
    });
  const left = async () =>
    (
      await listCurrentDeployments({
        knex: tables.knex,
        filter: {},
        page: { limit: 10_000 },
      })
    ).items
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
  ])('deletes one with the older that it hides, %s', async (_, older) => {
    await record(
      { arrival: 1, ...older },
      removed(2, { time: 2, sequence: 1 }),
    );
    await expect(remove(2)).resolves.toBe(0);
    await expect(left()).resolves.toEqual([1, 2]);
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

  if (tables.databaseId !== 'SQLITE_3') {
    it('leaves one that is replaced meanwhile', async () => {
      await record(removed(1), removed(2, { service: 'orders' }));
      const other = await tables.knex.transaction();
      await recordDeployments({
        knex: other,
        deployments: [aDeployment({ arrival: 3 })],
      });
      const removing = remove(9);
      await other.commit();
      await expect(removing).resolves.toBe(1);
      await expect(left()).resolves.toEqual([3]);
    });
  }

  it('checks the signal between batches', async () => {
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
    tables.knex.on('query', ({ sql }) => {
      if (/^delete from/.test(sql)) {
        stop.abort();
      }
    });
    const first = await remove(9999, stop.signal);
    expect([1000, 1001]).toContain(first);
    await expect(remove(9999)).resolves.toBe(2201 - first);
    await expect(left()).resolves.toEqual([]);
  });
});
