import timers from 'node:timers/promises';
import { createLoop, type Loop } from './createLoop';

const never = new AbortController().signal;

describe('createLoop', () => {
  let time: number;
  let rests: number[];
  let loop: Loop;

  /** Each step takes so long; called again during those that are marked. */
  function start(
    steps: Array<{
      ms: number;
      called?: boolean;
      isAll?: boolean;
      isEmpty?: boolean;
    }>,
  ) {
    const left = [...steps];
    time = 0;
    rests = [];
    loop = createLoop({
      hasRoom: () => true,
      onFailure: jest.fn(),
      elapsed: () => time,
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
        if (next.isEmpty) {
          return undefined;
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

  it('rests after a step that found nothing, too, where it was called', async () => {
    const { left, run } = start([
      { ms: 20, called: true, isEmpty: true },
      { ms: 1 },
    ]);
    await run();

    expect(left).toEqual([]);
    expect(rests).toEqual([140]);
  });

  it('ends its rest with its signal', async () => {
    const controller = new AbortController();
    const timer = jest.spyOn(timers, 'setTimeout');
    let clock = 0;
    const resting = createLoop({
      hasRoom: () => true,
      onFailure: jest.fn(),
      elapsed: () => (clock += 1_000),
      async step() {
        await undefined;
        resting.kick(controller.signal);
        setImmediate(() => controller.abort());
        return { ended: Promise.resolve(), isAll: true };
      },
    });

    await resting.run(controller.signal);

    // The clock is read before and after a step: there was one.
    expect(clock).toBe(2_000);
    await expect(timer.mock.results[0].value).rejects.toThrow('aborted');
  });

  describe('while something goes on', () => {
    let end: () => void;
    let run: Promise<void>;
    const step = jest.fn();
    const onFailure = jest.fn();
    const rest = jest.fn(async () => {});
    const hasRoom = jest.fn();

    beforeEach(async () => {
      jest.useFakeTimers();
      jest.resetAllMocks();
      hasRoom.mockReturnValue(true);
      const ended = new Promise<void>(resolve => {
        end = resolve;
      });
      step.mockResolvedValueOnce({ ended, isAll: true });
      loop = createLoop({
        step,
        hasRoom,
        onFailure,
        rest,
        elapsed: () => 0,
      });
      run = loop.run(never);
      await jest.advanceTimersByTimeAsync(0);
      step.mockClear();
    });

    afterEach(() => {
      jest.useRealTimers();
    });

    it('looks again every five seconds, and no longer when that has ended', async () => {
      await jest.advanceTimersByTimeAsync(4_999);
      expect(step).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(step).toHaveBeenCalledTimes(1);
      await jest.advanceTimersByTimeAsync(85_000);
      expect(step).toHaveBeenCalledTimes(18);
      end();
      await run;
      expect(jest.getTimerCount()).toBe(0);
      expect(rest).not.toHaveBeenCalled();
    });

    it('begins nothing without room for it', async () => {
      hasRoom.mockReturnValue(false);
      await jest.advanceTimersByTimeAsync(30_000);
      expect(step).not.toHaveBeenCalled();
      hasRoom.mockReturnValue(true);
      await jest.advanceTimersByTimeAsync(5_000);
      expect(step).toHaveBeenCalledTimes(1);
      end();
      await run;
    });

    it('tells of a step that fails, and takes another', async () => {
      step.mockRejectedValueOnce(new Error('no database'));
      await jest.advanceTimersByTimeAsync(10_000);
      expect(onFailure.mock.calls).toEqual([[new Error('no database')]]);
      expect(step).toHaveBeenCalledTimes(2);
      end();
      await run;
    });
  });
});
