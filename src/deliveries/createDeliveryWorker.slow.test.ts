import { SettleWorld, turn } from './__testUtils__/settleWorld';

const FETCH = { catalogRefresh: true };
const never = new AbortController().signal;

describe('createDeliveryWorker, where something is slow', () => {
  let world: SettleWorld;

  beforeEach(() => {
    world = new SettleWorld();
  });

  const statesInUse = () => new Set(Object.values(world.deliveries.states()));

  it('does not let a slow fetch hold up others, nor those that come later', async () => {
    const held = world.holdFetches();
    ['slow', 'a'].forEach(service => world.add(service, FETCH));
    world.add('b');
    const worker = world.worker();
    const run = worker.run(never);
    await turn();
    held.get('a')!();
    await turn();
    expect(world.deliveries.states()).toEqual({
      slow: 'pending',
      a: 'done',
      b: 'done',
    });

    world.add('later');
    world.add('later-too', FETCH);
    worker.kick();
    await turn();
    held.get('later-too')!();
    await turn();
    expect(world.deliveries.states()).toMatchObject({
      slow: 'pending',
      later: 'done',
      'later-too': 'done',
    });

    held.get('slow')!();
    await run;
    expect(world.deliveries.states().slow).toBe('done');
  });

  it('does not let a slow subscriber hold up that the catalog is told', async () => {
    const ends: Array<() => void> = [];
    world.publish.mockImplementation(
      () => new Promise(resolve => ends.push(resolve)),
    );
    world.add('a');
    const worker = world.worker();
    const run = worker.run(never);
    await turn();
    world.add('b');
    worker.kick();
    await turn();
    expect(world.refreshKeys.mock.calls).toEqual([
      [['custom-data-deployment:component:default/a']],
      [['custom-data-deployment:component:default/b']],
    ]);
    expect(statesInUse()).toEqual(new Set(['pending']));
    ends.forEach(end => end());
    await run;
    expect(statesInUse()).toEqual(new Set(['done']));
  });

  it('settles what needs no fetch, however many wait for one that hangs', async () => {
    const held = world.holdFetches();
    world.addMany(1000, FETCH);
    world.add('quick', {}, { sender: 'argo' });
    const run = world.run();
    await turn();
    await turn();
    const { quick, s0, s999 } = world.deliveries.states();
    expect({ quick, s0, s999 }).toEqual({
      quick: 'done',
      s0: 'pending',
      s999: 'failed',
    });
    expect(held.size).toBe(20);
    expect(world.deployments.events.size).toBe(1001);
    expect(world.deliveries.settled).toHaveLength(5);

    world.refreshEntity.mockResolvedValue('refreshed');
    held.forEach(release => release());
    await run;
    expect(world.refreshEntity).toHaveBeenCalledTimes(220);
    for (let i = 0; i < 10; i++) {
      world.wait(3_600_000);
      await world.run();
    }
    expect(statesInUse()).toEqual(new Set(['done']));
  });

  describe('as time passes', () => {
    beforeEach(() => world.fakeTimers());
    afterEach(() => {
      jest.useRealTimers();
    });

    it('keeps its claim while settling takes longer than that', async () => {
      const held = world.holdFetches();
      world.add('slow', FETCH);
      world.add('quick');
      const start = world.now.getTime();
      const run = world.run();
      await turn();
      world.wait(12_000);
      await jest.advanceTimersByTimeAsync(12_000);
      const [slow, quick] = world.deliveries.stored;
      expect(slow.dueAt).toBe(start + 12_000 + 15_000);
      expect(quick.dueAt).toBeUndefined();

      held.get('slow')!();
      await run;
      await jest.advanceTimersByTimeAsync(12_000);
      expect(slow.dueAt).toBeUndefined();
      expect(world.deliveries.states().slow).toBe('done');
      expect(jest.getTimerCount()).toBe(0);
    });

    it('gives back what takes too long, and what had no turn in that time', async () => {
      world.refreshEntity.mockImplementation(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () =>
              setTimeout(() => reject(signal.reason), 1000),
            );
          }),
      );
      world.addMany(21, FETCH);
      const run = world.run();
      await turn();
      await jest.advanceTimersByTimeAsync(91_000);
      await run;
      expect(statesInUse()).toEqual(new Set(['failed']));
      const reasons = world.deliveries.stored.map(
        ({ delivery }) => delivery.reason,
      );
      expect(reasons[0]).toBe('Error: Took over 90000 ms');
      expect(reasons[20]).toContain('More entities are being fetched');
    });

    it('puts off what is left of a batch while nothing can be published, and settles what was', async () => {
      world.publish.mockImplementation(
        ({ version }) =>
          new Promise((resolve, reject) => {
            if (version === 's0') {
              resolve();
            } else {
              setTimeout(() => reject(new Error('no answer')), 10_000);
            }
          }),
      );
      world.addMany(200);
      const stopped = new AbortController();
      const run = world.worker().run(stopped.signal);
      await turn();
      await world.pass(1);
      expect(world.deliveries.states().s0).toBe('done');
      expect(world.deliveries.settled).toHaveLength(1);

      await world.pass(11);
      expect(world.publish.mock.calls.length).toBeLessThan(30);
      const states = Object.values(world.deliveries.states());
      expect(states.filter(state => state === 'failed').length).toBeGreaterThan(
        170,
      );
      expect(world.deliveries.stored[199].delivery.reason).toContain(
        'Nothing could be published of late',
      );
      await world.pass(10);
      stopped.abort();
      await run;
      expect(world.deliveries.settled[0]).toHaveLength(1);
      expect(world.deliveries.settled[1].length).toBeGreaterThan(170);
    });

    it('ends a batch of which publishing goes on and on', async () => {
      world.publish.mockImplementation(
        () => new Promise(resolve => setTimeout(resolve, 9_000)),
      );
      world.addMany(200);
      const run = world.run();
      await world.pass(40);
      await run;
      const states = Object.values(world.deliveries.states());
      expect(states.filter(state => state === 'done')).toHaveLength(60);
      expect(states.filter(state => state === 'failed')).toHaveLength(140);
    });
  });
});
