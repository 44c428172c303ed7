import type { ServerResponse } from 'node:http';
import { NOW, rejection } from '../__testUtils__/fetchFrom';
import { closeServers } from '../__testUtils__/servers';
import { sendJson, startSource } from '../__testUtils__/startSource';
import { RequestRate } from './Requester';
import { type Sleep, sleepUnlessAborted } from './retries';

afterEach(closeServers);

const { signal } = new AbortController();

const settle = () => new Promise(resolve => setImmediate(resolve));

describe('RequestRate', () => {
  /** One whose clock is moved by hand. */
  function setUp(limits: { concurrency: number; requestsPerSecond?: number }) {
    const clock = { ms: NOW.getTime() };
    const waits: number[] = [];
    const rate = new RequestRate({
      ...limits,
      now: () => new Date(clock.ms),
      sleep: async ms => {
        waits.push(ms);
      },
    });
    return { clock, waits, start: () => rate.waitForStart(signal) };
  }

  it('spreads starts evenly over the second', async () => {
    const { start, clock, waits } = setUp({
      concurrency: 10,
      requestsPerSecond: 4,
    });

    await Promise.all([start(), start(), start(), start()]);
    expect(waits).toEqual([250, 500, 750]);
    clock.ms += 900;
    await start();
    expect(waits).toEqual([250, 500, 750, 100]);
    clock.ms += 10_000;
    await start();
    expect(waits).toHaveLength(4);
  });

  it('takes rates below one a second', async () => {
    const { start, waits } = setUp({ concurrency: 1, requestsPerSecond: 0.1 });

    await start();
    await start();
    expect(waits).toEqual([10_000]);
  });

  it('does not wait long when the clock is put back', async () => {
    const { start, clock, waits } = setUp({
      concurrency: 2,
      requestsPerSecond: 1,
    });

    await start();
    clock.ms -= 3_600_000;
    await start();
    expect(waits).toEqual([2000]);
  });
});

/** A source with one request at once, of which each waits for an answer by hand. */
async function startSlowSource(
  requestsPerSecond?: number,
  options: { sleep?: Sleep } = {},
) {
  const open: ServerResponse[] = [];
  const { server, source } = await startSource(
    (_, response) => open.push(response),
    {
      ...options,
      settings: {
        request: {
          timeoutMs: 30_000,
          maxBytes: 10_000,
          maxDepth: 32,
          retries: 0,
          concurrency: 1,
          requestsPerSecond,
        },
      },
    },
  );
  const read = (recordId: string, caller = signal) =>
    source.read({ recordId, signal: caller });
  const answer = async () => {
    while (open.length === 0) {
      await settle();
    }
    sendJson(open.shift()!, {});
  };
  return { server, read, answer };
}

describe('the signal of a request', () => {
  const reason = new Error('stop');

  it('ends its wait for others at once, and their order stays', async () => {
    const { server, read, answer } = await startSlowSource();
    const controller = new AbortController();
    const first = read('a');
    const aborted = read('b', controller.signal);
    const later = [read('c'), read('d')];

    controller.abort(reason);
    await expect(rejection(aborted)).resolves.toBe(reason);
    await answer();
    await answer();
    await answer();
    await Promise.all([first, ...later]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/records/a',
      '/records/c',
      '/records/d',
    ]);
  });

  it('lets others start when it aborts one that was sent', async () => {
    const { read, answer, server } = await startSlowSource();
    const controller = new AbortController();
    const first = read('a', controller.signal);
    const second = read('b');
    while (server.requests.length === 0) {
      await settle();
    }

    controller.abort(reason);
    await expect(rejection(first)).resolves.toBe(reason);
    await answer();
    await answer();
    await expect(second).resolves.toMatchObject({ type: 'record' });
  });

  it('lets others start when it aborts one that waits for its start', async () => {
    const controller = new AbortController();
    const sleep: Sleep = async (ms, caller) => {
      if (!controller.signal.aborted) {
        controller.abort(reason);
        await sleepUnlessAborted(ms, caller);
      }
    };
    const { read, answer, server } = await startSlowSource(0.01, { sleep });
    const first = read('a');
    await answer();
    await first;

    await expect(rejection(read('b', controller.signal))).resolves.toBe(reason);
    const third = read('c');
    await answer();
    await expect(third).resolves.toMatchObject({ type: 'record' });
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/records/a',
      '/records/c',
    ]);
  });
});
