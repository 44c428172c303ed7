import { aSender } from '../config/__testUtils__/aSender';
import { refOf, SettleWorld } from './__testUtils__/settleWorld';
import { createDeliveryControl } from './createDeliveryControl';
import type { Delivery, DeliveryDetails, DeliveryFilter } from './delivery';

describe('createDeliveryControl', () => {
  let world: SettleWorld;
  let shown: Map<string, Record<string, string>>;
  const onQueued = jest.fn();

  beforeEach(() => {
    world = new SettleWorld();
    shown = new Map();
    onQueued.mockReset();
  });

  const stored = () =>
    world.deliveries.stored.map(({ delivery }) => ({ ...delivery }));

  const control = (all: () => Delivery[] = stored) =>
    createDeliveryControl({
      ...world.options(),
      deliveries: world.deliveries,
      deliveryLog: {
        find: async id =>
          all().find(each => each.id === id) as DeliveryDetails | undefined,
        select: async ({ state }: DeliveryFilter, limit) =>
          all()
            .filter(each => state === undefined || each.state === state)
            .slice(0, limit + 1),
      },
      shown: { annotationsOf: async () => shown },
      onQueued,
      now: () => world.now,
    });

  describe('redeliver', () => {
    it('has a delivery settled once more', async () => {
      const { id } = world.add('a');
      await world.run();
      await control().redeliver(id);
      expect(onQueued).toHaveBeenCalledTimes(1);
      expect(world.deliveries.states()).toEqual({ a: 'pending' });
      await world.run();
      expect(world.deliveries.states()).toEqual({ a: 'done' });
      expect(world.published).toHaveLength(2);
    });

    it('refuses an ignored one, and one that nobody knows', async () => {
      const { id } = world.add('a', {}, { state: 'ignored' });
      await expect(control().redeliver(id)).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining(`'${id}'`),
      });
      await expect(control().redeliver('unknown')).rejects.toMatchObject({
        name: 'NotFoundError',
        message: expect.stringContaining("'unknown'"),
      });
      expect(onQueued).not.toHaveBeenCalled();
    });
  });

  describe('planReplay', () => {
    it('changes nothing, and tells what a replay would', async () => {
      world.senders[0] = aSender({ aliases: { 'a-legacy': 'a' } });
      world.missing.add(refOf('c'));
      world.add('v1', { service: 'a-legacy' });
      world.add('v2', { service: 'b' }, { state: 'dead' });
      world.add('v3', { service: 'c' }, { state: 'dead' });
      world.add('v4', { service: 'b' }, { state: 'ignored' });
      world.add('v5', { service: 'b' }, { sender: 'gone', state: 'failed' });
      const before = stored();
      const plan = await control().planReplay({});

      expect(plan).toMatchObject({
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        count: 4,
        states: { pending: 1, dead: 2, failed: 1 },
      });
      const deployedAt = world.now.toISOString();
      expect(plan.entities).toEqual(
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
      expect(stored()).toEqual(before);
      expect(world.deployments.all).toEqual([]);
      expect(onQueued).not.toHaveBeenCalled();
    });

    it('goes by the filter', async () => {
      world.add('v1', { service: 'a' });
      world.add('v2', { service: 'b' }, { state: 'dead' });
      const plan = await control().planReplay({ state: 'dead' });
      expect(plan.states).toEqual({ dead: 1 });
      expect(plan.entities.map(({ entityRef }) => entityRef)).toEqual([
        refOf('b'),
      ]);
    });

    it('tells of nothing where what shows is right', async () => {
      world.add('v1', { service: 'a' });
      world.add('v2', { service: 'a' });
      await world.run();
      shown.set(refOf('a'), {
        'custom/deployed-version.production': 'v2',
        'custom/deployed-at.production': world.now.toISOString(),
      });
      const { entities } = await control().planReplay({});
      expect(entities).toEqual([]);
    });

    it('refuses more than a replay takes', async () => {
      const many = Array(10_001).fill(world.add('v1'));
      await expect(control(() => many).planReplay({})).rejects.toMatchObject({
        name: 'InputError',
        message: expect.stringContaining('10000'),
      });
      const plan = await control(() => many.slice(1)).planReplay({});
      expect(plan.count).toBe(10_000);
    });
  });

  describe('replay', () => {
    it('has all of the plan settled once more', async () => {
      world.add('v1');
      world.add('v2', {}, { state: 'ignored' });
      world.add('v3');
      await world.run();
      const { hash } = await control().planReplay({});
      await expect(control().replay({}, hash)).resolves.toBe(2);
      expect(onQueued).toHaveBeenCalled();
      expect(world.deliveries.states()).toEqual({
        v1: 'pending',
        v2: 'ignored',
        v3: 'pending',
      });
    });

    it('does not begin where the selection is another by now', async () => {
      world.add('v1');
      const { hash } = await control().planReplay({});
      world.add('v2');
      await expect(control().replay({}, hash)).rejects.toMatchObject({
        name: 'ConflictError',
      });
      expect(onQueued).not.toHaveBeenCalled();
      const next = await control().planReplay({});
      await expect(control().replay({}, next.hash)).resolves.toBe(2);
    });
  });
});
