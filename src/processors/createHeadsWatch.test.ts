import { HeadsSnapshot } from '../deployments/HeadsSnapshot';
import { aHead } from '../deployments/__testUtils__/aHead';
import type { DeploymentHead } from '../deployments/deployment';
import { createHeadsWatch } from './createHeadsWatch';

const T0 = Date.parse('2026-11-22T12:00:00.000Z');

describe('createHeadsWatch', () => {
  const looks: Array<{
    since?: number;
    /** As from the database, whose time may be any. */
    answer: (heads?: DeploymentHead[], at?: number) => void;
    fail: () => void;
  }> = [];
  let elapsed = 0;
  const setUp = () => {
    const snapshot = new HeadsSnapshot();
    const watch = createHeadsWatch({
      deployments: {
        changedHeads: since =>
          new Promise((resolve, reject) => {
            looks.push({
              since: since && since.getTime() - T0,
              answer: (heads = [], at = 0) =>
                resolve({ heads, at: new Date(T0 + at) }),
              fail: () => reject(new Error('no database')),
            });
          }),
      },
      snapshot,
      elapsed: () => elapsed,
    });
    return { snapshot, watch };
  };
  const turn = () => new Promise(resolve => setImmediate(resolve));

  beforeEach(() => {
    looks.length = 0;
    elapsed = 0;
  });

  it("begins with all there is, and goes on with what changed, by the database's clock, ten seconds back", async () => {
    const { snapshot, watch } = setUp();
    const loaded = watch.upToDate();
    looks[0].answer([aHead({})], -3_600_000);
    await loaded;
    expect(snapshot.headsOf('payments-api')).toMatchObject([{ version: 'v1' }]);

    elapsed = 20_000;
    const looked = watch.upToDate();
    // What is written while it looks may be missing in its answer.
    elapsed = 20_100;
    looks[1].answer([aHead({ arrival: 2, version: 'v2' })], -3_570_000);
    await looked;
    expect(snapshot.headsOf('payments-api')).toMatchObject([{ version: 'v2' }]);

    elapsed = 21_000;
    void watch.upToDate();
    expect(looks.map(({ since }) => since)).toEqual([
      undefined,
      -3_610_000,
      -3_580_000,
    ]);
  });

  it('takes in no more than a thousand heads at a time', async () => {
    const { snapshot, watch } = setUp();
    const loaded = watch.upToDate();
    looks[0].answer();
    await loaded;

    elapsed = 1000;
    const looked = watch.upToDate();
    const told: number[] = [];
    jest
      .spyOn(snapshot, 'learn')
      .mockImplementation(({ length }) => told.push(length));
    const turns = [turn().then(() => told.length)];
    looks[1].answer(Array.from({ length: 2500 }, () => aHead({})));
    await looked;
    expect(told).toEqual([1000, 1000, 500]);
    await expect(turns[0]).resolves.toBe(1);
  });

  it('forgets with everything what is not there any more, once it has read it', async () => {
    const { snapshot, watch } = setUp();
    const loaded = watch.upToDate();
    looks[0].answer([aHead({}), aHead({ serviceKey: 'gone' })]);
    await loaded;

    elapsed = 1000;
    const looked = watch.upToDate();
    looks[1].answer();
    await looked;
    expect(snapshot.headsOf('gone')).toHaveLength(1);

    elapsed = 600_000;
    const reloaded = watch.upToDate();
    // Recorded here after it was read.
    snapshot.learn([aHead({ arrival: 2, version: 'v2' })]);
    expect(snapshot.headsOf('gone')).toHaveLength(1);
    looks[2].answer([aHead({})]);
    await reloaded;
    expect(snapshot.headsOf('gone')).toHaveLength(0);
    expect(snapshot.headsOf('payments-api')).toMatchObject([{ version: 'v2' }]);
  });

  it('looks at everything once more after ten minutes', async () => {
    const { watch } = setUp();
    for (elapsed of [0, 599_000, 600_000, 600_300]) {
      const looked = watch.upToDate();
      looks.at(-1)!.answer([], elapsed);
      await looked;
    }
    expect(looks.map(({ since }) => since)).toEqual([
      undefined,
      -10_000,
      undefined,
      590_000,
    ]);
  });

  it('counts how old it is from when the look began', async () => {
    const { watch } = setUp();
    const looked = watch.upToDate();
    elapsed = 250;
    looks[0].answer();
    await looked;
    expect(watch.upToDate()).toBeUndefined();
    elapsed = 251;
    expect(watch.upToDate()).toBeDefined();
  });

  it('never looks twice at a time: who comes late to a slow look shares the next', async () => {
    const { watch } = setUp();
    const first = watch.upToDate();
    elapsed = 250;
    expect(watch.upToDate()).toBe(first);
    elapsed = 251;
    const late = Promise.all([watch.upToDate(), watch.upToDate()]);
    await turn();
    expect(looks).toHaveLength(1);

    looks[0].answer();
    await first;
    await turn();
    expect(looks).toHaveLength(2);
    looks[1].answer();
    await late;
    expect(looks).toHaveLength(2);
  });

  it('goes on after a failure, from where it was, and only those fail whom it served', async () => {
    const { watch } = setUp();
    const loaded = watch.upToDate();
    looks[0].answer();
    await loaded;

    elapsed = 1000;
    const failing = watch.upToDate();
    elapsed = 2000;
    const late = watch.upToDate();
    looks[1].fail();
    await expect(failing).rejects.toThrow('no database');
    await turn();
    looks[2].answer();
    await late;
    expect(looks.map(({ since }) => since)).toEqual([
      undefined,
      -10_000,
      -10_000,
    ]);
  });

  it('begins with all there is until that succeeded once', async () => {
    const { watch } = setUp();
    const loaded = watch.upToDate();
    looks[0].fail();
    await expect(loaded).rejects.toThrow('no database');
    void watch.upToDate();
    expect(looks.map(({ since }) => since)).toEqual([undefined, undefined]);
  });
});
