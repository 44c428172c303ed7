import { createLoop, type Loop } from './createLoop';

const never = new AbortController().signal;

describe('createLoop', () => {
  let time: number;
  let rests: number[];
  let loop: Loop;

  /** Each step takes so long; called again during those that are marked. */
  function start(
    steps: Array<{ ms: number; called?: boolean; isAll?: boolean }>,
  ) {
    const left = [...steps];
    time = 0;
    rests = [];
    loop = createLoop({
      hasRoom: () => true,
      now: () => new Date(time),
      rest: async ms => {
        rests.push(ms);
      },
      async step() {
        // As what asks a database does: nobody calls before it has begun.
        await undefined;
        const next = left.shift();
        if (!next) {
          return undefined;
        }
        time += next.ms;
        if (next.called) {
          loop.kick(never);
        }
        const { isAll = true } = next;
        return { ended: Promise.resolve(), isAll };
      },
    });
    return { left, run: () => loop.run(never) };
  }

  it('begins at once, and goes on without a rest while nobody calls', async () => {
    const { left, run } = start([{ ms: 20 }, { ms: 20 }, { ms: 20 }]);
    await run();

    expect(left).toEqual([]);
    expect(rests).toEqual([]);
  });

  it('rests in proportion to what it did, and never for long, while it is called on and on', async () => {
    const { left, run } = start([
      { ms: 20, called: true },
      { ms: 5_000, called: true },
      { ms: 20 },
    ]);
    await run();

    expect(left).toEqual([]);
    expect(rests).toEqual([140, 1000]);
  });

  it('rests no longer than it worked while more is due than it took', async () => {
    const { run } = start([
      { ms: 20, called: true, isAll: false },
      { ms: 20, called: true },
    ]);
    await run();

    expect(rests).toEqual([20, 140]);
  });

  it('looks once more where it was called during its last step', async () => {
    const { left, run } = start([{ ms: 20, called: true }, { ms: 1 }]);
    await run();

    expect(left).toEqual([]);
    expect(rests).toEqual([140]);
  });

  it('ends its rest with its signal', async () => {
    const controller = new AbortController();
    let steps = 0;
    const resting = createLoop({
      hasRoom: () => true,
      now: () => new Date((steps += 1_000)),
      async step() {
        await undefined;
        resting.kick(controller.signal);
        setImmediate(() => controller.abort());
        return { ended: Promise.resolve(), isAll: true };
      },
    });

    await resting.run(controller.signal);

    // The clock is read before and after a step: there was one.
    expect(steps).toBe(2_000);
  });
});
