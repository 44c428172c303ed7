import { NOW, rejection } from '../__testUtils__/fetchFrom';
import { RequestLimiter } from './Requester';

const { signal } = new AbortController();

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return { promise, resolve };
}

const settle = () => new Promise(resolve => setImmediate(resolve));

/** A limiter whose clock is moved by hand. */
function setUp(limits: { concurrency: number; requestsPerSecond?: number }) {
  const clock = { ms: NOW.getTime() };
  const waits: number[] = [];
  const limiter = new RequestLimiter({
    ...limits,
    now: () => new Date(clock.ms),
    sleep: async (ms, aborted) => {
      aborted.throwIfAborted();
      waits.push(ms);
    },
  });
  return { clock, waits, limiter };
}

/** Tasks that begin in the order in which they are listed and end when told. */
function startTasks(limiter: RequestLimiter, names: string[]) {
  const begun: string[] = [];
  const gates = new Map(names.map(name => [name, deferred()]));
  const done = names.map(name =>
    limiter.run(async () => {
      begun.push(name);
      await gates.get(name)!.promise;
      return name;
    }, signal),
  );
  return { begun, done, end: (name: string) => gates.get(name)!.resolve() };
}

describe('RequestLimiter', () => {
  it('limits the requests in flight, and starts the others in order', async () => {
    const { limiter } = setUp({ concurrency: 2 });
    const { begun, done, end } = startTasks(limiter, ['a', 'b', 'c', 'd']);

    await settle();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await settle();
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    end('d');

    await expect(Promise.all(done)).resolves.toEqual(['a', 'b', 'c', 'd']);
  });

  it('frees the permit of a request that fails', async () => {
    const { limiter } = setUp({ concurrency: 1 });
    const failing = limiter.run(async () => {
      throw new Error('failed');
    }, signal);
    const after = limiter.run(async () => 'after', signal);

    await expect(failing).rejects.toThrow('failed');
    await expect(after).resolves.toBe('after');
  });

  it('rejects a waiting request at once when it is aborted, and keeps the order of the others', async () => {
    const { limiter } = setUp({ concurrency: 1 });
    const first = startTasks(limiter, ['a']);
    const controller = new AbortController();
    const aborted = limiter.run(async () => 'x', controller.signal);
    const later = startTasks(limiter, ['b', 'c']);
    const reason = new Error('stop');

    controller.abort(reason);
    await expect(rejection(aborted)).resolves.toBe(reason);
    first.end('a');
    await settle();
    expect(later.begun).toEqual(['b']);
    later.end('b');
    await settle();
    expect(later.begun).toEqual(['b', 'c']);
    later.end('c');
    await Promise.all(later.done);
  });

  it('does not affect other requests when one that has begun is aborted', async () => {
    const { limiter } = setUp({ concurrency: 1 });
    const controller = new AbortController();
    const first = startTasks(limiter, ['a']);
    const gate = deferred();
    const second = limiter.run(() => gate.promise, controller.signal);
    const third = limiter.run(async () => 'third', signal);

    first.end('a');
    await settle();
    controller.abort();
    gate.resolve();
    await second;
    await expect(third).resolves.toBe('third');
  });

  it('does not start a request whose signal is aborted already', async () => {
    const { limiter } = setUp({ concurrency: 1 });
    const reason = new Error('stop');
    const task = jest.fn();

    await expect(
      rejection(limiter.run(task, AbortSignal.abort(reason))),
    ).resolves.toBe(reason);
    expect(task).not.toHaveBeenCalled();
    await expect(limiter.run(async () => 'next', signal)).resolves.toBe('next');
  });

  it('spreads starts evenly over the second', async () => {
    const { limiter, clock, waits } = setUp({
      concurrency: 10,
      requestsPerSecond: 4,
    });
    const begin = () => limiter.run(async () => {}, signal);

    await Promise.all([begin(), begin(), begin(), begin()]);
    expect(waits).toEqual([250, 500, 750]);
    clock.ms += 900;
    await begin();
    expect(waits).toEqual([250, 500, 750, 100]);
    clock.ms += 10_000;
    await begin();
    expect(waits).toHaveLength(4);
  });

  it('takes rates below one a second', async () => {
    const { limiter, waits } = setUp({
      concurrency: 1,
      requestsPerSecond: 0.1,
    });
    await limiter.run(async () => {}, signal);
    await limiter.run(async () => {}, signal);
    expect(waits).toEqual([10_000]);
  });

  it('does not wait long when the clock is put back', async () => {
    const { limiter, clock, waits } = setUp({
      concurrency: 2,
      requestsPerSecond: 1,
    });
    await limiter.run(async () => {}, signal);
    clock.ms -= 3_600_000;
    await limiter.run(async () => {}, signal);
    expect(waits).toEqual([2000]);
  });

  it('frees the permit of a request that is aborted while it waits for its start', async () => {
    const { limiter } = setUp({ concurrency: 1, requestsPerSecond: 1 });
    const controller = new AbortController();
    const reason = new Error('stop');
    const first = limiter.run(async () => controller.abort(reason), signal);
    const second = limiter.run(async () => 'x', controller.signal);

    await first;
    await expect(rejection(second)).resolves.toBe(reason);
    await expect(limiter.run(async () => 'y', signal)).resolves.toBe('y');
  });
});
