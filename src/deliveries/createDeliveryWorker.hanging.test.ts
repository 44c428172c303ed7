import { SettleWorld, turn } from './__testUtils__/settleWorld';

const FETCH = { catalogRefresh: true };
const never = new AbortController().signal;
const hangs = () => new Promise<never>(() => {});

describe('createDeliveryWorker, where something hangs for good', () => {
  let world: SettleWorld;

  beforeEach(() => {
    world = new SettleWorld();
    world.fakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const NO_ANSWER = 'The database did not answer within 30 seconds';

  it('gives up a claim, and claims again with the next run', async () => {
    const claim = jest.spyOn(world.deliveries, 'claim');
    claim.mockImplementationOnce(hangs);
    world.add('a');
    const worker = world.worker();
    const failed = jest.fn();
    const run = worker.run(never).catch(failed);
    await world.pass(29);
    expect(failed).not.toHaveBeenCalled();
    await world.pass(1);
    await run;
    expect(failed.mock.calls[0][0].message).toContain(NO_ANSWER);

    await worker.run(never);
    expect(world.deliveries.states()).toEqual({ a: 'done' });
  });

  it('claims again after a claim that fails or hangs while something is fetched', async () => {
    const held = world.holdFetches();
    world.add('slow', FETCH);
    const worker = world.worker();
    const run = worker.run(never);
    await turn();
    const claim = jest.spyOn(world.deliveries, 'claim');
    claim.mockRejectedValueOnce(new Error('no database'));
    claim.mockImplementationOnce(hangs);
    world.add('later');
    worker.kick();
    await world.pass(45);
    expect(world.logger.warn.mock.calls.flat()).toEqual([
      expect.stringMatching(/^Deliveries could not be claimed .*no database$/),
      expect.stringContaining(NO_ANSWER),
    ]);
    expect(world.deliveries.states()).toEqual({
      slow: 'pending',
      later: 'done',
    });
    held.get('slow')!();
    await run;
    expect(world.deliveries.states().slow).toBe('done');
  });

  it('leaves what cannot be settled to whoever takes it over, though it be settled late', async () => {
    const claim = world.deliveries.claim.bind(world.deliveries);
    let settleLate = async () => {};
    world.deliveries.claim = async options => {
      const claimed = await claim(options);
      return {
        ...claimed,
        settle: (settlements, now) => {
          settleLate = async () => {
            await claimed.settle(settlements, now);
          };
          return hangs();
        },
      };
    };
    const { id } = world.add('a');
    const run = world.run();
    await world.pass(30);
    await run;
    expect(world.logger.warn.mock.calls).toEqual([
      [expect.stringContaining(`Delivery '${id}' could not be settled`)],
    ]);
    expect(world.logger.warn.mock.calls[0][0]).toContain(NO_ANSWER);
    expect(jest.getTimerCount()).toBe(0);

    await world.pass(15);
    world.deliveries.claim = claim;
    await world.run();
    const [stored] = world.deliveries.stored;
    expect(stored.delivery).toMatchObject({ state: 'done', attempts: 2 });
    await settleLate();
    expect(stored.delivery).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('gives the place of a source that heeds no signal to the next one', async () => {
    const held = world.holdFetches();
    world.addMany(20, FETCH);
    const worker = world.worker();
    const run = worker.run(never);
    await world.pass(60);
    world.add('next', FETCH);
    worker.kick();
    await world.pass(31);
    expect(held.size).toBe(20);
    await world.pass(1);
    expect(world.deliveries.states()).toMatchObject({
      s0: 'failed',
      s19: 'failed',
      next: 'pending',
    });
    expect(world.deliveries.stored[0].delivery.reason).toBe(
      'Error: Took over 90000 ms',
    );
    world.refreshEntity.mockResolvedValue('refreshed');
    held.get('next')!();
    await run;
    expect(world.deliveries.states().next).toBe('done');
  });

  it('finds what becomes due meanwhile, without being called', async () => {
    const held = world.holdFetches();
    world.add('slow', FETCH);
    const run = world.run();
    await turn();
    const { length } = world.deliveries.claims;
    world.add('due-later');
    await world.pass(4);
    expect(world.deliveries.claims).toHaveLength(length);
    await world.pass(2);
    expect(world.deliveries.states()).toEqual({
      slow: 'pending',
      'due-later': 'done',
    });
    held.get('slow')!();
    await run;
  });

  it('has a stop wait for what is being recorded, and begins nothing more', async () => {
    const record = world.deployments.record.bind(world.deployments);
    let goOn = () => {};
    world.deployments.record = async deliveries => {
      await new Promise<void>(resolve => {
        goOn = resolve;
      });
      await record(deliveries);
    };
    world.add('a');
    const shutdown = new AbortController();
    const worker = world.worker({ shutdown: shutdown.signal });
    const run = worker.run(never);
    await turn();
    shutdown.abort();
    await run;
    const prepared = jest.fn();
    const waiting = worker.prepared().then(prepared);
    await turn();
    expect(prepared).not.toHaveBeenCalled();
    goOn();
    await waiting;
    expect(world.refreshKeys).toHaveBeenCalledTimes(1);
    expect(world.deliveries.states()).toEqual({ a: 'pending' });
  });

  it('records nothing of what it claimed while it was stopped', async () => {
    const shutdown = new AbortController();
    const claim = world.deliveries.claim.bind(world.deliveries);
    world.deliveries.claim = async options => {
      shutdown.abort();
      return claim(options);
    };
    const record = jest.spyOn(world.deployments, 'record');
    world.add('a');
    await world.worker({ shutdown: shutdown.signal }).run(never);
    expect(record).not.toHaveBeenCalled();
    expect(world.deliveries.states()).toEqual({ a: 'pending' });
  });
});
