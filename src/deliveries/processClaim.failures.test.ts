import { RetryLaterError } from '../lib/errors';
import { SettleWorld, turn } from './__testUtils__/settleWorld';

const FETCH = { catalogRefresh: true };

describe('processClaim, where something fails', () => {
  let world: SettleWorld;

  beforeEach(() => {
    world = new SettleWorld();
  });

  it('gives back what nobody could be told of, and tells it again', async () => {
    world.add('bad');
    world.add('good');
    world.publish.mockImplementation(async event => {
      if (event.version === 'bad') {
        throw new Error('the bus is down');
      }
      world.published.push(event);
    });
    await world.run();
    expect(world.deliveries.states()).toEqual({ bad: 'failed', good: 'done' });
    world.publish.mockImplementation(async event => {
      world.published.push(event);
    });
    world.wait(1000);
    await world.run();
    expect(world.deliveries.states().bad).toBe('done');
    expect(world.published.map(({ version }) => version)).toEqual([
      'good',
      'bad',
    ]);
  });

  it('lets one that cannot be recorded cost no other', async () => {
    const record = world.deployments.record.bind(world.deployments);
    world.deployments.record = async deliveries => {
      if (deliveries.some(({ event }) => event.version === 'bad')) {
        throw new Error('cannot be stored');
      }
      await record(deliveries);
    };
    ['a', 'bad', 'c'].forEach(version => world.add(version));
    world.add('d', FETCH);
    await world.run();
    expect(world.deliveries.states()).toEqual({
      a: 'done',
      bad: 'failed',
      c: 'done',
      d: 'done',
    });
    expect(world.deliveries.stored[1]).toMatchObject({
      delivery: { reason: 'Error: cannot be stored' },
      dueAt: world.now.getTime() + 1000,
    });
    expect(world.logger.warn.mock.calls[0][0]).toContain('4 deliveries');
  });

  it.each(['current', 'refreshKeys', 'locationKeys'] as const)(
    'tries again what failed with %s, and tells nobody until then',
    async name => {
      const owner: Record<string, any> =
        name === 'current' ? world.deployments : world;
      const working = owner[name].bind(owner);
      owner[name] = jest.fn().mockRejectedValue(new Error('no'));
      world.add('a');
      await world.run();
      expect(world.deliveries.states()).toEqual({ a: 'failed' });
      expect(world.published).toEqual([]);

      owner[name] = working;
      world.wait(1000);
      await world.run();
      expect(world.deliveries.states()).toEqual({ a: 'done' });
      expect(world.published).toHaveLength(1);
    },
  );

  it('waits as long as it is asked to', async () => {
    world.add('a', FETCH);
    const retryAt = new Date(world.now.getTime() + 3_600_000);
    world.refreshEntity.mockRejectedValue(
      new RetryLaterError('busy', { retryAt }),
    );
    await world.run();
    expect(world.deliveries.stored[0].dueAt).toBe(retryAt.getTime());
  });

  it('gives up after about a day, and says which delivery, without its payload', async () => {
    const { id } = world.add('private-version', FETCH);
    world.refreshEntity.mockRejectedValue(new Error('source is down'));
    for (let i = 0; i < 30; i++) {
      await world.run();
      world.wait(2 * 3_600_000);
    }
    expect(world.refreshEntity).toHaveBeenCalledTimes(13);
    expect(world.deliveries.stored[0].delivery).toMatchObject({
      state: 'dead',
      reason: 'Error: source is down',
    });
    expect(world.logger.error.mock.calls).toEqual([
      [
        `Delivery '${id}' of sender 'ci' is given up after 13 attempts: Error: source is down`,
      ],
    ]);
    expect(JSON.stringify(world.logger.info.mock.calls)).not.toContain(
      'private',
    );
    expect(world.tracker.settled).toHaveBeenLastCalledWith({
      sender: 'ci',
      state: 'dead',
      ageMs: 24 * 3_600_000,
    });
  });

  it('counts anew for one that is delivered again', async () => {
    const { id } = world.add('a', FETCH);
    world.refreshEntity.mockRejectedValue(new Error('source is down'));
    for (let i = 0; i < 13; i++) {
      await world.run();
      world.wait(2 * 3_600_000);
    }
    await world.deliveries.requeue([id], world.now);
    await world.run();
    expect(world.deliveries.stored[0]).toMatchObject({
      delivery: { state: 'failed' },
      dueAt: world.now.getTime() + 1000,
    });
  });

  it('goes on where a claim can be neither settled nor given back', async () => {
    const { id } = world.add('a', FETCH);
    world.add('b');
    const claim = world.deliveries.claim.bind(world.deliveries);
    world.deliveries.claim = async options => {
      const claimed = await claim(options);
      return {
        ...claimed,
        settle: async (settlements, now) => {
          if (settlements.has(id)) {
            throw new Error('no database');
          }
          return claimed.settle(settlements, now);
        },
      };
    };
    await world.run();
    expect(world.deliveries.states()).toEqual({ a: 'pending', b: 'done' });
    expect(world.logger.warn).toHaveBeenCalledWith(
      expect.stringContaining(`Delivery '${id}' could not be settled`),
    );
    expect(world.tracker.settled).toHaveBeenCalledTimes(1);
  });

  it('tells nothing of what has passed to another meanwhile', async () => {
    const held = world.holdFetches();
    const { id } = world.add('a', FETCH);
    world.add('b');
    const run = world.run();
    await turn();
    await world.deliveries.requeue([id], new Date(world.now.getTime() + 1));
    held.get('a')!(new Error('source is down'));
    await run;
    expect(world.tracker.settled.mock.calls).toEqual([
      [{ sender: 'ci', state: 'done', ageMs: 0 }],
    ]);
    expect(world.logger.info).not.toHaveBeenCalled();
  });

  it('gives up, before anything else, what no process has lived to settle', async () => {
    const record = jest.spyOn(world.deployments, 'record');
    const { id } = world.add('bad');
    const kill = async () => {
      await world.deliveries.claim({
        limit: 9,
        leaseMs: 15_000,
        now: world.now,
      });
      world.wait(15_000);
    };
    for (let i = 0; i < 60; i++) {
      await kill();
    }
    world.add('good');
    await world.run();
    expect(world.deliveries.states()).toEqual({ bad: 'dead', good: 'done' });
    expect(world.deliveries.settled).toEqual([[id], [expect.any(String)]]);
    expect(world.deliveries.stored[0].delivery.reason).toContain('60 attempts');
    expect(record.mock.calls.flat(2).map(({ event }) => event.version)).toEqual(
      ['good'],
    );
    expect(world.logger.error).toHaveBeenCalledTimes(1);

    await world.deliveries.requeue([id], world.now);
    await world.run();
    expect(world.deliveries.states().bad).toBe('done');
  });

  it('tries what was lost 59 times, and what had to wait more often', async () => {
    world.add('lost', {}, { attemptsLost: 59 });
    world.add('waited');
    world.deliveries.stored[1].delivery.attempts = 500;
    await world.run();
    expect(world.deliveries.states()).toEqual({ lost: 'done', waited: 'done' });
  });
});
