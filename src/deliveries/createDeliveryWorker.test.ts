import { getEventListeners, getMaxListeners } from 'node:events';
import { SettleWorld, turn } from './__testUtils__/settleWorld';

const FETCH = { catalogRefresh: true };
const never = new AbortController().signal;

describe('createDeliveryWorker', () => {
  let world: SettleWorld;

  beforeEach(() => {
    world = new SettleWorld();
  });

  const statesInUse = () => new Set(Object.values(world.deliveries.states()));

  it('settles all that is due in batches, whatever their number', async () => {
    const record = jest.spyOn(world.deployments, 'record');
    const heads = jest.spyOn(world.deployments, 'current');
    world.addMany(430);
    await world.run();

    expect(statesInUse()).toEqual(new Set(['done']));
    expect(world.deliveries.settled.map(ids => ids.length)).toEqual([
      200, 200, 30,
    ]);
    for (const each of [record, heads, world.refreshKeys, world.locationKeys]) {
      expect(each).toHaveBeenCalledTimes(3);
    }
    expect(world.refreshEntity).not.toHaveBeenCalled();
    expect(world.deliveries.claims[0]).toMatchObject({
      limit: 200,
      leaseMs: 15_000,
    });
  });

  it('fetches for those that ask for it twenty at once, and settles each when it is done', async () => {
    world.addMany(43, FETCH);
    let inFlight = 0;
    let most = 0;
    world.refreshEntity.mockImplementation(async () => {
      most = Math.max(most, ++inFlight);
      await new Promise(resolve => setImmediate(resolve));
      inFlight--;
      return 'refreshed';
    });
    await world.run();

    expect(statesInUse()).toEqual(new Set(['done']));
    expect(world.refreshEntity).toHaveBeenCalledTimes(43);
    expect(most).toBe(20);
    expect(world.deliveries.settled).toHaveLength(43);
  });

  it('claims no more than a process can have in hand, and goes on when there is room', async () => {
    const ends: Array<() => void> = [];
    world.publish.mockImplementation(
      () => new Promise(resolve => ends.push(resolve)),
    );
    world.addMany(1300);
    const worker = world.worker();
    const run = worker.run(never);
    worker.kick();
    await turn();
    expect(world.deliveries.claims).toHaveLength(5);
    expect(ends).toHaveLength(20);

    world.publish.mockResolvedValue();
    ends.forEach(end => end());
    await run;
    expect(statesInUse()).toEqual(new Set(['done']));
    expect(world.publish).toHaveBeenCalledTimes(1300);
  });

  it('has many deliveries listen to one signal without a warning of a leak', async () => {
    const held = world.holdFetches();
    world.addMany(20, FETCH);
    const listening = jest.spyOn(EventTarget.prototype, 'addEventListener');
    const run = world.run();
    await turn();
    const signals = listening.mock.contexts as AbortSignal[];
    listening.mockRestore();
    const crowded = signals.filter(
      each => getEventListeners(each, 'abort').length > getMaxListeners(each),
    );

    expect(signals.length).toBeGreaterThan(20);
    expect(crowded).toEqual([]);
    held.forEach(release => release());
    await run;
  });

  it('leaves the signal of the process as it is', async () => {
    const shutdown = new AbortController();
    const held = world.holdFetches();
    world.addMany(20, FETCH);
    world.worker({ shutdown: shutdown.signal }).kick();
    await turn();
    expect(getEventListeners(shutdown.signal, 'abort')).toHaveLength(1);
    held.forEach(release => release());
    await turn();
    expect(getEventListeners(shutdown.signal, 'abort')).toHaveLength(0);
  });

  it('rests less while there is more than it can claim at once', async () => {
    const rests: number[] = [];
    const worker = world.worker({
      rest: async ms => {
        rests.push(ms);
      },
    });
    const claim = world.deliveries.claim.bind(world.deliveries);
    world.deliveries.claim = async options => {
      const found = await claim(options);
      world.wait(20);
      if (found.deliveries.length > 0) {
        worker.kick();
      }
      return found;
    };
    world.addMany(430);
    await worker.run(never);

    expect(rests).toEqual([20, 20, 140]);
  });

  it('does not miss what comes while it finds nothing', async () => {
    const worker = world.worker();
    const claim = world.deliveries.claim.bind(world.deliveries);
    world.deliveries.claim = async options => {
      const found = await claim(options);
      if (world.deliveries.stored.length === 0) {
        world.add('just-now');
        worker.kick();
      }
      return found;
    };
    await worker.run(never);
    expect(world.deliveries.states()).toEqual({ 'just-now': 'done' });
  });

  it('can be called again after it ended', async () => {
    const worker = world.worker();
    await worker.run(never);
    world.add('a');
    worker.kick();
    await turn();
    expect(world.deliveries.states()).toEqual({ a: 'done' });
  });

  it('leaves its claims when it is stopped', async () => {
    const shutdown = new AbortController();
    world.refreshEntity.mockImplementation(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    world.publish.mockImplementation(() => new Promise(() => {}));
    world.addMany(23, FETCH);
    world.add('quick');
    const worker = world.worker({ shutdown: shutdown.signal });
    const run = worker.run(never);
    await turn();
    shutdown.abort();
    await run;

    expect(statesInUse()).toEqual(new Set(['pending']));
    expect(world.refreshEntity).toHaveBeenCalledTimes(20);
    expect(world.deliveries.stored[0].dueAt).toBe(world.now.getTime() + 15_000);
    expect(world.tracker.settled).not.toHaveBeenCalled();
    const { length } = world.deliveries.claims;
    worker.kick();
    await worker.run(never);
    expect(world.deliveries.claims).toHaveLength(length);
  });

  it('is stopped by the signal of its run, and starts again with the next', async () => {
    const worker = world.worker();
    world.add('a');
    const stopped = new AbortController();
    stopped.abort();
    await worker.run(stopped.signal);
    expect(world.deliveries.states()).toEqual({ a: 'pending' });
    await worker.run(never);
    expect(world.deliveries.states()).toEqual({ a: 'done' });
  });

  it('logs once what many kicks wait for, and keeps nothing of them', async () => {
    let fail = () => {};
    world.deliveries.claim = () =>
      new Promise((_, reject) => {
        fail = () => reject(new Error('no database'));
      });
    const worker = world.worker();
    const then = jest.spyOn(Promise.prototype, 'then');
    worker.kick();
    const calls = then.mock.calls.length;
    for (let i = 0; i < 100; i++) {
      worker.kick();
    }
    expect(then.mock.calls.length).toBe(calls);
    then.mockRestore();
    await turn();
    fail();
    await turn();
    expect(world.logger.warn).toHaveBeenCalledTimes(1);
  });

  it('fails a run that cannot claim, and only logs it for a kick', async () => {
    const worker = world.worker();
    const claim = jest.spyOn(world.deliveries, 'claim');
    claim.mockRejectedValue(new Error('no database'));
    await expect(worker.run(never)).rejects.toThrow('no database');
    worker.kick();
    await turn();
    expect(world.logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('no database'),
    );

    claim.mockRestore();
    world.add('a');
    await worker.run(never);
    expect(world.deliveries.states()).toEqual({ a: 'done' });
  });
});
