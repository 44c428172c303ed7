import type { RequestListener, ServerResponse } from 'node:http';
import { collectingSink } from '../__testUtils__/collectingSink';
import { NOW, rejection, sourceError } from '../__testUtils__/fetchFrom';
import {
  closeServers,
  fakeTimeouts,
  startRawServer,
} from '../__testUtils__/servers';
import { readText, sendJson, startSource } from '../__testUtils__/startSource';
import { HttpRecordSource } from './HttpRecordSource';

afterEach(async () => {
  jest.useRealTimers();
  await closeServers();
});

const REQUEST = {
  timeoutMs: 30_000,
  maxBytes: 10_000,
  maxDepth: 32,
  retries: 3,
  concurrency: 4,
};

/** Fails a number of times before it succeeds. */
function failing(
  times: number,
  status: number,
  headers: Record<string, string> = {},
): RequestListener {
  let left = times;
  return (request, response) => {
    if (left-- > 0) {
      response.writeHead(status, headers).end();
    } else {
      sendJson(response, request.url === '/list' ? [] : {});
    }
  };
}

describe('Requester', () => {
  it.each([408, 429, 500, 502, 503, 504])(
    'retries lists and records that fail with %d',
    async status => {
      for (const how of ['list', 'read'] as const) {
        const source = await startSource(failing(3, status));

        await source[how]();
        expect(source.waits).toEqual([1500, 4500, 13_500]);
        expect(source.server.requests).toHaveLength(4);
      }
    },
  );

  it.each([400, 401, 403, 404, 501])('does not retry %d', async status => {
    const { list, waits, server } = await startSource(failing(1, status));

    await expect(sourceError(list())).resolves.toMatchObject({ status });
    expect(waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('retries when a connection breaks', async () => {
    const server = await startRawServer(socket => socket.resetAndDestroy());
    const { list, waits } = await startSource(() => {}, {
      settings: { url: server.origin },
    });

    await expect(sourceError(list())).resolves.toMatchObject({
      code: 'network',
    });
    expect(waits).toEqual([1500, 4500, 13_500]);
    expect(server.requests).toHaveLength(4);
  });

  it('retries when an answer takes too long', async () => {
    fakeTimeouts();
    let requests = 0;
    const { list, waits } = await startSource((_, response) => {
      requests++;
      if (requests === 1) {
        jest.advanceTimersByTime(REQUEST.timeoutMs);
      } else {
        sendJson(response, []);
      }
    });

    await list();
    expect(waits).toEqual([1500]);
  });

  const inAMinute = String(NOW.getTime() / 1000 + 60);
  it.each<[string, number, Record<string, string>, number]>([
    ['Retry-After in seconds', 429, { 'retry-after': '20' }, 20_000],
    [
      'Retry-After with a date',
      503,
      { 'retry-after': 'Fri, 02 Jan 2026 03:05:05 GMT' },
      60_000,
    ],
    ['a rate limit in seconds', 429, { 'ratelimit-reset': '60' }, 60_000],
    [
      'a rate limit with a time',
      429,
      { 'x-ratelimit-reset': inAMinute },
      60_000,
    ],
    [
      'Retry-After rather than a rate limit',
      429,
      { 'retry-after': '20', 'ratelimit-reset': '60' },
      20_000,
    ],
    [
      'an exceeded quota',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' },
      60_000,
    ],
  ])('waits as %s asks, on %d', async (_, status, headers, expected) => {
    const { list, waits } = await startSource(failing(1, status, headers));

    await list();
    expect(waits).toEqual([expected]);
  });

  it('does not retry if the wait is longer than the run may take', async () => {
    const { list, waits, server } = await startSource(
      failing(1, 429, { 'retry-after': '90' }),
      { timeLimitMs: 90_000 },
    );

    await expect(sourceError(list())).resolves.toMatchObject({
      status: 429,
      retryAfterMs: 90_000,
    });
    expect(waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('retries a single record only as long as its reader waits', async () => {
    const { source, waits } = await startSource(
      failing(2, 429, { 'retry-after': '20' }),
    );
    const reading = source.read({
      recordId: 'a',
      timeLimitMs: 30_000,
      signal: new AbortController().signal,
    });

    await expect(sourceError(reading)).resolves.toMatchObject({
      retryAfterMs: 20_000,
    });
    expect(waits).toEqual([20_000]);
  });

  it('stops retrying with the signal of the run', async () => {
    const controller = new AbortController();
    const reason = new Error('The backend shuts down');
    const { source } = await startSource(failing(9, 503), {
      sleep: async (_ms, signal) => {
        controller.abort(reason);
        signal.throwIfAborted();
      },
    });

    await expect(
      rejection(
        source.list({ signal: controller.signal, sink: collectingSink().sink }),
      ),
    ).resolves.toBe(reason);
  });

  it('waits with a timer by default', async () => {
    const controller = new AbortController();
    const reason = new Error('The backend shuts down');
    const { origin } = await startSource((_, response) => {
      response.writeHead(503, { 'retry-after': '60' }).end();
      response.once('close', () => controller.abort(reason));
    });
    const source = new HttpRecordSource({
      settings: {
        name: 'services',
        url: origin,
        recordUrl: `${origin}/{id}`,
        method: 'GET',
        headers: {},
        pagination: { type: 'none' },
        request: REQUEST,
      },
      selectRecords: async () => [],
      timeLimitMs: 300_000,
      now: () => NOW,
    });

    await expect(
      rejection(
        source.list({ signal: controller.signal, sink: collectingSink().sink }),
      ),
    ).resolves.toBe(reason);
  });
});

describe('limits', () => {
  it('count lists and single records together', async () => {
    const waiting: ServerResponse[] = [];
    const { server, list, read } = await startSource(
      (_, response) => waiting.push(response),
      { settings: { request: { ...REQUEST, concurrency: 2 } } },
    );

    const all = [read('a'), read('b'), list()];
    while (waiting.length < 2) {
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(server.requests).toHaveLength(2);
    waiting.forEach(response => sendJson(response, {}));
    while (waiting.length < 3) {
      await new Promise(resolve => setImmediate(resolve));
    }
    sendJson(waiting[2], []);
    await Promise.all(all);
    expect(server.requests.map(({ url }) => url).sort()).toEqual([
      '/list',
      '/records/a',
      '/records/b',
    ]);
  });

  it('do not count a wait for a retry', async () => {
    const waitingFor: (() => void)[] = [];
    const { read } = await startSource(failing(1, 503), {
      settings: { request: { ...REQUEST, concurrency: 1 } },
      sleep: () => new Promise(resolve => waitingFor.push(resolve)),
    });

    const first = read('a');
    while (waitingFor.length === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }
    await expect(read('b')).resolves.toMatchObject({ type: 'record' });
    waitingFor[0]();
    await expect(first).resolves.toMatchObject({ type: 'record' });
  });

  it('spread requests and retries over the second', async () => {
    const { read, waits } = await startSource(failing(1, 503), {
      settings: { request: { ...REQUEST, requestsPerSecond: 0.1 } },
    });

    await read();
    await read();
    expect(waits).toEqual([1500, 8500, 10_000]);
  });
});

describe('a request', () => {
  it.each([
    [{ filter: { a: [1] } }, '{"filter":{"a":[1]}}'],
    ['{ "as": "it stands" }', '{ "as": "it stands" }'],
  ])('may be a POST with the body %j', async (body, text) => {
    const bodies: string[] = [];
    const { server, list } = await startSource(
      async (request, response) => {
        bodies.push(await readText(request));
        if (bodies.length === 1) {
          response.writeHead(503).end();
        } else {
          sendJson(response, [], { etag: '"1"' });
        }
      },
      { settings: { method: 'POST', body } },
    );

    await expect(list({ etag: '"0"' })).resolves.toHaveProperty(
      'validators',
      undefined,
    );
    expect(bodies).toEqual([text, text]);
    expect(server.requests[1]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect(server.requests[1].headers).not.toHaveProperty('if-none-match');
  });

  it('has the content type of the headers if they set it', async () => {
    const { server, list } = await startSource(failing(0, 0), {
      settings: {
        method: 'POST',
        body: 'a=1',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      },
    });

    await list();
    expect(server.requests[0].headers['content-type']).toBe(
      'application/x-www-form-urlencoded',
    );
  });

  it('is a GET without a body for a single record', async () => {
    const { server, read } = await startSource(failing(0, 0), {
      settings: { method: 'POST', body: { a: 1 }, query: { b: '2' } },
    });

    await read();
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      url: '/records/a',
    });
    expect(server.requests[0].headers).not.toHaveProperty('content-type');
  });

  it('has the parameters of the URL and the query', async () => {
    const { server, list } = await startSource(
      (_, response) => sendJson(response, []),
      {
        path: '/list?keep=1&view=short',
        settings: { query: { view: 'full', tag: ['a b', 'c&d'] } },
      },
    );

    await list();
    expect(server.requests[0].url).toBe(
      '/list?keep=1&view=full&tag=a+b&tag=c%26d',
    );
  });

  it('has the URL as it is if there is nothing to add', async () => {
    const path = "/list?$filter=a%20eq%20'b'&x";
    const { server, list } = await startSource(
      (_, response) => sendJson(response, []),
      { path },
    );

    await list();
    expect(server.requests[0].url).toBe(
      new URL(`http://a${path}`).href.slice(8),
    );
  });

  it.each([307, 308])('is a POST again after the redirect %d', async status => {
    const bodies: string[] = [];
    const { server, list } = await startSource(
      async (request, response) => {
        bodies.push(await readText(request));
        if (request.url === '/list') {
          response.writeHead(status, { location: '/new' }).end();
        } else {
          sendJson(response, []);
        }
      },
      { settings: { method: 'POST', body: 'x' } },
    );

    await list();
    expect(bodies).toEqual(['x', 'x']);
    expect(server.requests.map(({ method }) => method)).toEqual([
      'POST',
      'POST',
    ]);
  });

  it.each([301, 302, 303])(
    'does not become a GET by the redirect %d',
    async status => {
      const { server, list } = await startSource(
        (_, response) => response.writeHead(status, { location: '/new' }).end(),
        { settings: { method: 'POST', body: 'x' } },
      );

      const error = await sourceError(list());
      expect(error).toMatchObject({ code: 'redirect', status });
      expect(error.message).toContain('POST http');
      expect(server.requests).toHaveLength(1);
    },
  );
});
