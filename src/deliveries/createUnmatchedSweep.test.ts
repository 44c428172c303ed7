import { aSender } from '../config/__testUtils__/aSender';
import { refOf, SettleWorld } from './__testUtils__/settleWorld';
import { createUnmatchedSweep } from './createUnmatchedSweep';

const never = new AbortController().signal;

describe('createUnmatchedSweep', () => {
  let world: SettleWorld;
  const onQueued = jest.fn();

  beforeEach(() => {
    world = new SettleWorld();
    onQueued.mockReset();
  });

  const now = () => world.now;
  const sweep = (signal = never) =>
    createUnmatchedSweep({ ...world.options(), ...world, onQueued, now }).sweep(
      signal,
    );
  /** Deliveries that were settled as unmatched. */
  async function addUnmatched(...services: string[]): Promise<void> {
    for (const service of services) {
      world.missing.add(refOf(service));
      world.add(service);
    }
    await world.run();
  }

  it('applies what waits for its entity once that is there', async () => {
    await addUnmatched('a', 'b');
    await expect(sweep()).resolves.toBe(0);
    expect(onQueued).not.toHaveBeenCalled();

    world.missing.delete(refOf('a'));
    await expect(sweep()).resolves.toBe(1);
    expect(onQueued).toHaveBeenCalledTimes(1);
    await world.run();
    expect(world.deliveries.states()).toEqual({ a: 'done', b: 'unmatched' });
    expect(
      world.published.map(({ version, state }) => [version, state]),
    ).toEqual([
      ['a', 'unmatched'],
      ['b', 'unmatched'],
      ['a', 'done'],
    ]);
  });

  it('resolves services by the aliases of today', async () => {
    await addUnmatched('a-legacy');
    world.senders[0] = aSender({ aliases: { 'a-legacy': 'a' } });
    await expect(sweep()).resolves.toBe(1);
  });

  it('leaves what a sender told that is gone, or misconfigured', async () => {
    await addUnmatched('a');
    world.missing.clear();
    world.misconfigured = world.senders.splice(0, 1);
    await expect(sweep()).resolves.toBe(0);
    expect(world.deliveries.states()).toEqual({ a: 'unmatched' });
  });

  it('reads any number in pages, with one look-up of entities for each', async () => {
    const services = Array.from({ length: 2500 }, (_, i) => `s${i}`);
    await addUnmatched(...services);
    world.missing.clear();
    world.locationKeys.mockClear();
    const list = jest.spyOn(world.deliveries, 'listUnmatchedServices');
    await expect(sweep()).resolves.toBe(2500);
    expect(list).toHaveBeenCalledTimes(3);
    expect(world.locationKeys).toHaveBeenCalledTimes(3);
  });

  it('applies all of a service, however many, and reads those of no other', async () => {
    for (let i = 0; i < 1100; i++) {
      world.add(`v${i}`, { service: 'A', event: 'deployment.started' });
    }
    await addUnmatched('a', 'b');
    world.missing.delete(refOf('a'));
    const list = jest.spyOn(world.deliveries, 'listUnmatched');
    await expect(sweep()).resolves.toBe(1101);
    const read = await Promise.all(list.mock.results.map(each => each.value));
    expect(read.map(page => page.length)).toEqual([1000, 101]);
  });

  it('reads no delivery while the catalog knows none of the entities', async () => {
    await addUnmatched(...Array.from({ length: 1500 }, (_, i) => `s${i}`));
    const list = jest.spyOn(world.deliveries, 'listUnmatched');
    await expect(sweep()).resolves.toBe(0);
    expect(list).not.toHaveBeenCalled();
  });

  it('finds what stands behind many that are still unmatched', async () => {
    await addUnmatched(...Array.from({ length: 1500 }, (_, i) => `s${i}`));
    world.missing.delete(refOf('s999'));
    await expect(sweep()).resolves.toBe(1);
    expect(world.deliveries.states()).toMatchObject({
      s998: 'unmatched',
      s999: 'pending',
    });
  });

  it('stops when it is told to', async () => {
    await addUnmatched('a');
    world.missing.clear();
    await expect(sweep(AbortSignal.abort())).resolves.toBe(0);
    expect(world.deliveries.states()).toEqual({ a: 'unmatched' });
  });
});
