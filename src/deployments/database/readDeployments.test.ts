import type { Knex } from 'knex';
import { aSender } from '../../config/__testUtils__/aSender';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { aDeployment, at, type Given } from '../__testUtils__/aDeployment';
import type { DeploymentFilter } from '../deployment';
import { DeploymentSubjects } from '../DeploymentSubjects';
import {
  findCurrentDeployments,
  listCurrentDeployments,
  listDeploymentHistory,
  readDeploymentsInOrder,
} from './readDeployments';
import { recordDeployments } from './recordDeployments';

const versionsOf = (deployments: Array<{ version: string }> = []) =>
  deployments.map(({ version }) => version);

describeTables('readDeployments %p', tables => {
  let knex: Knex;

  beforeEach(() => {
    knex = tables.knex;
  });

  const record = (...given: Given[]) =>
    recordDeployments({ knex, deployments: given.map(aDeployment) });

  describe('findCurrentDeployments', () => {
    const subjects = new DeploymentSubjects([
      aSender({ aliases: { legacy: 'payments' } }),
      aSender({ name: 'argo', entity: 'component:default/{service}-api' }),
    ]);
    const find = (...names: string[]) =>
      findCurrentDeployments({
        knex,
        subjects,
        entityRefs: names.map(name => `component:default/${name}`),
      });

    it('finds what every sender reported for an entity, under each of its names', async () => {
      await record(
        { arrival: 1 },
        { arrival: 2, service: 'legacy' },
        { arrival: 3, sequence: 1 },
        { arrival: 4, environment: 'staging' },
        { arrival: 5, service: 'payments', sender: 'argo' },
        { arrival: 6, sender: 'gone' },
        { arrival: 7, service: 'orders' },
      );
      const found = await find('payments', 'payments-api', 'unknown');
      expect([...found.keys()].sort()).toEqual([
        'component:default/payments',
        'component:default/payments-api',
      ]);
      expect(
        versionsOf(found.get('component:default/payments')).sort(),
      ).toEqual(['v1', 'v2', 'v3', 'v4']);
      expect(versionsOf(found.get('component:default/payments-api'))).toEqual([
        'v5',
      ]);
    });

    it('leaves out an entity that was not asked for, though a service of the same name is about it', async () => {
      await record({ arrival: 1 }, { arrival: 2, sender: 'argo' });
      const found = await find('payments');
      expect([...found.keys()]).toEqual(['component:default/payments']);
    });

    it('asks once for a thousand services, and not at all for none', async () => {
      await record({ arrival: 1 });
      const queries = jest.fn();
      knex.on('query', queries);
      const names = Array.from({ length: 999 }, (_, i) => `s${i}`);
      const none = new DeploymentSubjects([aSender()]);
      await findCurrentDeployments({
        knex,
        subjects: none,
        entityRefs: [...names, 'payments'].map(
          name => `component:default/${name}`,
        ),
      });
      expect(queries).toHaveBeenCalledTimes(1);
      await findCurrentDeployments({
        knex,
        subjects: none,
        entityRefs: ['api:default/payments'],
      });
      expect(queries).toHaveBeenCalledTimes(1);
    });
  });

  const historyOf = async (filter: DeploymentFilter = {}) =>
    versionsOf(
      (await listDeploymentHistory({ knex, filter, page: { limit: 100 } }))
        .items,
    );

  it('goes on after a deployment that a newer one has replaced, or whose history was deleted', async () => {
    const services = ['a', 'b', 'c', 'd'];
    await record(
      ...services.map((service, i) => ({ arrival: i + 1, service })),
    );
    const page = (after?: string[]) =>
      listCurrentDeployments({
        knex,
        filter: {},
        page: { limit: 2, after },
      });
    const { next } = await page();
    await record({ arrival: 5, service: 'b' });
    expect(versionsOf((await page(next)).items)).toEqual(['v3', 'v4']);

    const current = await page();
    await knex('custom_data_deployments').delete();
    expect(versionsOf((await page(current.next)).items)).toEqual(['v3', 'v4']);
    await expect(page(next)).rejects.toThrow(
      'The deployment at which the query parameter "cursor" stands was deleted',
    );
  });

  it('lists current deployments page by page, by service, sender and environment', async () => {
    await record(
      { arrival: 1, service: 'b' },
      { arrival: 2, service: 'a', sender: 'z' },
      { arrival: 3, service: 'a' },
      { arrival: 4, service: 'a', environment: 'staging' },
      { arrival: 5, service: 'a', sequence: 1 },
    );
    const pages: string[][] = [];
    let after: string[] | undefined;
    do {
      const page = await listCurrentDeployments({
        knex,
        filter: {},
        page: { limit: 2, after },
      });
      pages.push(versionsOf(page.items));
      after = page.next;
    } while (after);

    expect(pages).toEqual([['v5', 'v3'], ['v4', 'v2'], ['v1']]);
  });

  it('lists the history page by page, the latest first', async () => {
    await record(
      ...[3, 1, 2, 2, 2].map((time, i) => ({ arrival: i + 1, time })),
    );
    const list = (after?: string[]) =>
      listDeploymentHistory({ knex, filter: {}, page: { limit: 3, after } });
    const page = await list();
    expect(versionsOf(page.items)).toEqual(['v1', 'v5', 'v4']);
    expect(page.next).toEqual([at(2).toISOString(), '4']);
    const rest = await list(page.next);
    expect(versionsOf(rest.items)).toEqual(['v3', 'v2']);
    expect(rest.next).toBeUndefined();
  });

  it('finds what a filter asks for', async () => {
    await record(
      { arrival: 1, time: 1 },
      { arrival: 2, time: 2, sender: 'other' },
      { arrival: 3, time: 3, service: 'orders', environment: 'staging' },
      { arrival: 4, time: 4, event: 'deployment.removed', service: 'x' },
    );

    await expect(historyOf({ sender: 'ci' })).resolves.toEqual([
      'v4',
      'v3',
      'v1',
    ]);
    await expect(
      historyOf({ serviceKey: 'payments', sender: 'other' }),
    ).resolves.toEqual(['v2']);
    await expect(historyOf({ environment: 'staging' })).resolves.toEqual([
      'v3',
    ]);
    await expect(historyOf({ status: 'removed' })).resolves.toEqual(['v4']);
    await expect(historyOf({ withoutRemoved: true })).resolves.toEqual([
      'v3',
      'v2',
      'v1',
    ]);
    await expect(historyOf({ since: at(2), until: at(4) })).resolves.toEqual([
      'v3',
      'v2',
    ]);
    const services = [
      { sender: 'ci', serviceKey: 'payments' },
      { sender: 'ci', serviceKey: 'orders' },
      { sender: 'other', serviceKey: 'orders' },
    ];
    await expect(historyOf({ services })).resolves.toEqual(['v3', 'v1']);
    await expect(historyOf({ services: [] })).resolves.toEqual([]);
    const current = await listCurrentDeployments({
      knex,
      filter: { services },
      page: { limit: 9 },
    });
    expect(versionsOf(current.items)).toEqual(['v3', 'v1']);
  });

  it('reads a long history in the order in which it happened', async () => {
    await record(
      ...Array.from({ length: 1_001 }, (_, i) => ({
        arrival: 1_001 - i,
        time: i,
      })),
    );
    const times: string[] = [];
    for await (const { eventAt } of readDeploymentsInOrder({
      knex,
      filter: { since: at(1) },
    })) {
      times.push(eventAt);
    }
    expect(times).toHaveLength(1_000);
    expect(times).toEqual([...times].sort());
  });
});
