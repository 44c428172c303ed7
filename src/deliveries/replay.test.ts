import type { Entity } from '@backstage/catalog-model';
import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { acceptDeliveries } from './__testUtils__/acceptDeliveries';
import { DeliveryWorld, refOf } from './__testUtils__/DeliveryWorld';
import { newDelivery } from './__testUtils__/newDelivery';
import { planReplay, redeliver, replay, type ReplayContext } from './replay';

describeSqlite('replay', tables => {
  let world: DeliveryWorld;
  let context: ReplayContext;
  /** What the catalog shows, by entity ref; nothing by default. */
  let shown: Map<string, Record<string, string>>;

  beforeEach(() => {
    world = new DeliveryWorld(tables.knex);
    world.senders[0] = aSender({ aliases: { 'a-legacy': 'a' } });
    shown = new Map();
    context = {
      knex: world.knex,
      subjects: world.subjects(),
      catalog: {
        getEntitiesByRefs: async ({ entityRefs }) => ({
          items: entityRefs.map(ref => {
            const annotations = shown.get(ref);
            return annotations && ({ metadata: { annotations } } as Entity);
          }),
        }),
      },
      ownCredentials: async () => ({} as never),
      onDeliveryDue: world.onDeliveryDue,
      now: () => world.now,
    };
  });

  const addIgnored = () =>
    acceptDeliveries(world.knex, [newDelivery({ ignored: 'ping' })], world.now);

  describe('redeliver', () => {
    it('has a delivery processed again', async () => {
      const id = await world.add('a');
      await world.run();
      await redeliver(context, id);
      expect(world.onDeliveryDue).toHaveBeenCalledTimes(1);
      await expect(world.states()).resolves.toEqual({ a: 'pending' });
      await world.run();
      await expect(world.states()).resolves.toEqual({ a: 'done' });
      expect(world.published).toHaveLength(2);
    });

    it('reads no payload, which may be large', async () => {
      const id = await world.add('a');
      const statements = jest.fn();
      world.knex.on('query', ({ sql }) => statements(sql));
      await redeliver(context, id);
      expect(statements).not.toHaveBeenCalledWith(
        expect.stringMatching(/payload|select \*/),
      );
    });

    it('refuses an ignored delivery, and an unknown one', async () => {
      const [id] = await addIgnored();
      await expect(redeliver(context, id)).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining(`"${id}"`),
      });
      await expect(redeliver(context, 'unknown')).rejects.toMatchObject({
        name: 'NotFoundError',
        message: expect.stringContaining('"unknown"'),
      });
      expect(world.onDeliveryDue).not.toHaveBeenCalled();
    });
  });

  describe('planReplay', () => {
    const plan = () => planReplay(context, {});

    it('changes nothing, and says what a replay would', async () => {
      await world.add('v1', { service: 'a-legacy' });
      await world.add('v2', { service: 'b' });
      await world.addUnknown('v3', { service: 'c' });
      await world.add('v4', { service: 'b', sender: 'gone' });
      await addIgnored();
      await world.addEntities('a');
      const before = await world.knex('custom_data_deliveries');
      const planned = await plan();

      expect(planned).toMatchObject({
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        count: 4,
        states: { pending: 4 },
      });
      const deployedAt = world.now.toISOString();
      expect(planned.entities).toEqual(
        [
          ['a', 'v1'],
          ['b', 'v2'],
        ].map(([service, version]) => ({
          entityRef: refOf(service),
          environments: [
            {
              environment: 'production',
              before: undefined,
              after: { version, deployedAt },
            },
          ],
        })),
      );
      await expect(world.knex('custom_data_deliveries')).resolves.toEqual(
        before,
      );
      await expect(
        world.knex('custom_data_current_deployments'),
      ).resolves.toEqual([]);
      expect(world.onDeliveryDue).not.toHaveBeenCalled();
    });

    it('goes by the filter', async () => {
      await world.add('v1', { service: 'a' });
      await world.add('v2', { service: 'b' });
      const planned = await planReplay(context, { service: 'b' });
      expect(planned.count).toBe(1);
      expect(planned.entities.map(({ entityRef }) => entityRef)).toEqual([
        refOf('b'),
      ]);
    });

    it('names no entity that shows what it should', async () => {
      await world.add('v1', { service: 'a' });
      await world.add('v2', { service: 'a' });
      await world.run();
      shown.set(refOf('a'), {
        ...(await world.shown('a')),
        'custom/other': 'theirs',
      });
      await expect(plan()).resolves.toMatchObject({ entities: [] });
    });

    it('shows what would change, appear and disappear', async () => {
      await world.add('v1', { service: 'a' });
      await world.add('v1', { service: 'a', environment: 'gone' });
      await world.run();
      shown.set(refOf('a'), await world.shown('a'));
      world.wait(60_000);
      await world.add('v2', { service: 'a' });
      await world.add('v3', {
        service: 'a',
        environment: 'staging',
        target: 'eu',
      });
      await world.add('v4', {
        service: 'a',
        environment: 'gone',
        event: 'deployment.removed',
      });
      await world.add('v5', { service: 'a', event: 'deployment.started' });
      const { entities } = await plan();
      expect(entities).toMatchObject([
        {
          entityRef: refOf('a'),
          environments: [
            {
              environment: 'gone',
              before: { version: 'v1' },
              after: undefined,
            },
            {
              environment: 'production',
              before: { version: 'v1' },
              after: { version: 'v2', deployedAt: world.now.toISOString() },
            },
            {
              environment: 'staging',
              target: 'eu',
              before: undefined,
              after: { version: 'v3' },
            },
          ],
        },
      ]);
    });

    it('lets nothing older take the place of what is newer', async () => {
      const at = (minutes: number) =>
        new Date(world.now.getTime() + minutes * 60_000).toISOString();
      await world.add('newest', { service: 'a', sender: 'argo', time: at(5) });
      await world.add('v2', { service: 'a-legacy', sequence: 7, time: at(3) });
      await world.addEntities('a');
      await world.run();
      shown.set(refOf('a'), await world.shown('a'));
      await world.add('v3', { service: 'a', time: at(4) });
      await world.add('v4', { service: 'a-legacy', sequence: 6, time: at(6) });
      await expect(plan()).resolves.toMatchObject({ entities: [] });
    });

    it('finds what the catalog does not show yet', async () => {
      await world.add('v1', { service: 'a' });
      await world.run();
      shown.set(refOf('a'), await world.shown('a'));
      await world.add('v2', { service: 'a' });
      await world.run();
      const { entities } = await plan();
      expect(entities[0].environments[0]).toMatchObject({
        before: { version: 'v1' },
        after: { version: 'v2' },
      });
    });

    it('refuses more than a replay takes', async () => {
      await world.add('v0', { service: 'a' });
      const [row] = await world.knex('custom_data_deliveries');
      const { sequence, ...columns } = row;
      await world.knex.raw(
        `insert into custom_data_deliveries (${Object.keys(columns).join(
          ', ',
        )}) with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
        select ${Object.keys(columns)
          .map(column =>
            ['delivery_id', 'dedupe_key'].includes(column)
              ? 'i'
              : `d.${column}`,
          )
          .join(', ')} from n, custom_data_deliveries as d`,
      );
      await expect(plan()).rejects.toMatchObject({
        name: 'InputError',
        message: expect.stringContaining('10000'),
      });
      await world
        .knex('custom_data_deliveries')
        .where({ delivery_id: row.delivery_id })
        .delete();
      await expect(plan()).resolves.toMatchObject({ count: 10_000 });
    });
  });

  describe('replay', () => {
    it('has all of the plan processed again', async () => {
      await world.add('v1');
      await addIgnored();
      await world.add('v3');
      await world.run();
      const { hash } = await planReplay(context, {});
      await expect(replay(context, { filter: {}, hash })).resolves.toBe(2);
      expect(world.onDeliveryDue).toHaveBeenCalled();
      await expect(world.states()).resolves.toEqual({
        v1: 'pending',
        undefined: 'ignored',
        v3: 'pending',
      });
    });

    it('does not begin where the selection has changed', async () => {
      await world.add('v1');
      const { hash } = await planReplay(context, {});
      await world.add('v2');
      await expect(replay(context, { filter: {}, hash })).rejects.toMatchObject(
        { name: 'ConflictError' },
      );
      expect(world.onDeliveryDue).not.toHaveBeenCalled();
      const next = await planReplay(context, {});
      await expect(
        replay(context, { filter: {}, hash: next.hash }),
      ).resolves.toBe(2);
    });
  });
});
