import fc from 'fast-check';
import { aSender } from '../config/__testUtils__/aSender';
import { aDelivery } from './__testUtils__/aDelivery';
import { deliveryLists } from './__testUtils__/deliveryLists';
import { refOf, SettleWorld, turn } from './__testUtils__/settleWorld';

const FETCH = { catalogRefresh: true };
const never = new AbortController().signal;

describe('processClaim', () => {
  let world: SettleWorld;

  beforeEach(() => {
    world = new SettleWorld();
  });

  it('records, then has the catalog told, then other plugins', async () => {
    const record = jest.spyOn(world.deployments, 'record');
    world.add('a');
    await world.run();
    const order = [record, world.refreshKeys, world.publish].map(
      mock => mock.mock.invocationCallOrder[0],
    );
    expect(order).toEqual([...order].sort((x, y) => x - y));
    expect(world.refreshKeys).toHaveBeenCalledWith([
      `custom-data-deployment:${refOf('a')}`,
    ]);
  });

  it('refreshes an entity of which several are told once, and only where something changes', async () => {
    world.add('v1', { service: 'a', environment: 'staging' });
    world.add('v2', { service: 'a' });
    world.add('v3', { service: 'A' });
    world.add('v4', { service: 'b', event: 'deployment.started' });
    world.add('v5', { service: 'c', event: 'deployment.failure' });
    await world.run();
    expect(world.refreshKeys.mock.calls).toEqual([
      [[`custom-data-deployment:${refOf('a')}`]],
    ]);
    expect(world.deliveries.states()).toEqual({
      v1: 'done',
      v2: 'superseded',
      v3: 'done',
      v4: 'done',
      v5: 'done',
    });
  });

  it('supersedes what is older than another sender, another name or another lane tells', async () => {
    world.senders[0] = aSender({ aliases: { 'a-legacy': 'a' } });
    world.add('newest', { service: 'a-legacy' });
    await world.run();
    const time = new Date(world.now.getTime() - 1000).toISOString();
    world.add('other-sender', { service: 'a', time }, { sender: 'argo' });
    world.add('other-lane', { service: 'a-legacy', time, sequence: 7 });
    await world.run();
    expect(world.deliveries.states()).toEqual({
      newest: 'done',
      'other-sender': 'superseded',
      'other-lane': 'superseded',
    });
    expect(world.deliveries.stored[1].delivery.reason).toBe(
      "A newer deployment to 'production' is known",
    );
  });

  it('counts what a sender that is misconfigured now has told, too', async () => {
    world.add('newest', { service: 'a' }, { sender: 'argo' });
    world.misconfigured = world.senders.splice(1);
    const time = new Date(world.now.getTime() - 1000).toISOString();
    world.add('older', { service: 'a', time });
    await world.run();
    expect(world.deliveries.states()).toEqual({
      newest: 'failed',
      older: 'superseded',
    });
    expect(world.deployments.events.size).toBe(2);
    expect(world.deliveries.stored[0].delivery.reason).toContain(
      "Sender 'argo' is not configured, or misconfigured",
    );
  });

  it('is unmatched where the catalog has no such entity, unless it is superseded', async () => {
    world.missing.add(refOf('a'));
    world.add('older', { service: 'a' });
    world.add('v1', { service: 'a' });
    world.add('fetched', { service: 'a', environment: 'staging', ...FETCH });
    await world.run();
    expect(world.deliveries.states()).toEqual({
      older: 'superseded',
      v1: 'unmatched',
      fetched: 'unmatched',
    });
    expect(world.deliveries.stored[1].delivery.reason).toContain(refOf('a'));
    expect(world.refreshEntity).toHaveBeenCalledTimes(1);
  });

  it('fetches for what is superseded, too', async () => {
    world.add('v1', { service: 'a', ...FETCH });
    world.add('v2', { service: 'a' });
    await world.run();
    expect(world.deliveries.states().v1).toBe('superseded');
    expect(world.refreshEntity).toHaveBeenCalledTimes(1);
  });

  it('tells other plugins what has been settled', async () => {
    world.missing.add(refOf('b'));
    const told = {
      time: '2026-11-22T10:00:00.000Z',
      sequence: 3,
      url: 'https://ci.example.com/1',
      commit: 'abc',
    };
    const first = world.add('v1', { service: 'A', ...told });
    world.add('v2', { service: 'a', event: 'deployment.started' });
    world.add('v3', { service: 'b' });
    await world.run();
    expect(world.published).toEqual([
      {
        deliveryId: first.id,
        sender: 'ci',
        service: 'A',
        environment: 'production',
        status: 'success',
        version: 'v1',
        eventAt: told.time,
        sequence: 3,
        url: told.url,
        commit: told.commit,
        entityRef: refOf('a'),
        state: 'done',
        current: true,
      },
      expect.objectContaining({ version: 'v2', state: 'done', current: false }),
      expect.objectContaining({
        version: 'v3',
        state: 'unmatched',
        current: true,
      }),
    ]);
    expect(world.tracker.settled.mock.calls.map(([each]) => each)).toEqual([
      { sender: 'ci', state: 'done', ageMs: 0 },
      { sender: 'ci', state: 'done', ageMs: 0 },
      { sender: 'ci', state: 'unmatched', ageMs: 0 },
    ]);
  });

  it('calls current only what still is when it has been fetched', async () => {
    const held = world.holdFetches();
    world.add('v1', { service: 'a', ...FETCH });
    const worker = world.worker();
    const run = worker.run(never);
    await turn();
    world.add('v2', { service: 'a' });
    worker.kick();
    await turn();
    held.get('a')!();
    await run;
    expect(world.deliveries.states()).toEqual({ v1: 'superseded', v2: 'done' });
    expect(
      world.published.map(({ version, state, current }) => [
        version,
        state,
        current,
      ]),
    ).toEqual([
      ['v2', 'done', true],
      ['v1', 'superseded', false],
    ]);
  });

  it('calls current only what still is when it has its turn, and looks for many at once', async () => {
    const ends: Array<() => void> = [];
    world.publish.mockImplementation(
      () => new Promise(resolve => ends.push(resolve)),
    );
    world.addMany(60);
    const worker = world.worker();
    const run = worker.run(never);
    await turn();
    await world.deployments.record([
      aDelivery(99, { version: 'newer', service: 's50' }),
    ]);
    world.wait(1000);
    const heads = jest.spyOn(world.deployments, 'current');
    world.publish.mockResolvedValue();
    ends.forEach(end => end());
    await run;
    const told = world.publish.mock.calls.map(([event]) => event);
    expect(told.filter(({ current }) => !current)).toMatchObject([
      { version: 's50', state: 'superseded' },
    ]);
    expect(heads.mock.calls.length).toBeLessThan(5);
  });

  it('calls the same deployment current, in whatever order and pieces all are settled', async () => {
    await fc.assert(
      fc.asyncProperty(deliveryLists(), async ({ deliveries, order, cuts }) => {
        const [inPieces, atOnce] = [new SettleWorld(), new SettleWorld()];
        for (const each of [inPieces, atOnce]) {
          each.wait(24 * 3_600_000);
        }
        atOnce.deliveries.add(...deliveries);
        await atOnce.run();
        for (let i = 0; i < cuts.length; i++) {
          inPieces.deliveries.add(...order.slice(cuts[i], cuts[i + 1]));
          await inPieces.run();
        }
        const ids = (world_: SettleWorld) =>
          world_.deployments.all.map(({ deliveryId }) => deliveryId);
        expect(ids(inPieces).sort()).toEqual(ids(atOnce).sort());
        // Settled once more, each comes to the same.
        for (const each of [inPieces, atOnce]) {
          await each.deliveries.requeue(
            deliveries.map(({ id }) => id),
            each.now,
          );
          await each.run();
        }
        expect(inPieces.deliveries.states()).toEqual(
          atOnce.deliveries.states(),
        );
      }),
      { numRuns: 50 },
    );
  });
});
