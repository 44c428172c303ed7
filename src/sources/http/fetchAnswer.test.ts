import express from 'express';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { fetchFrom, rejection, sourceError } from '../__testUtils__/fetchFrom';
import {
  closedOrigin,
  closeServers,
  closing,
  fakeTimeouts,
  startRawServer,
  startServer,
  writeForever,
} from '../__testUtils__/servers';
import { contentTypeFault, readChunks } from './fetchAnswer';
import { networkError } from './followRedirects';

/** Of nobody, for 100 years. */
const SELF_SIGNED = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIULUOPmDvXvptvjUTVpXxUrwJ3SZYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDAyMTAzNVoYDzIxMjYxMTA2
MDIxMDM1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASspI3ZyFFpCgWVNZ0Leeg0Me/t/GjrymRMh3bsdSOy2p8pWACyQO8k
OKnCS7TxbMTvTYrg0d7ViF35iTzBacg2o1MwUTAdBgNVHQ4EFgQUeCV29VQE/V6w
Yyr5hUvWcYu09EkwHwYDVR0jBBgwFoAUeCV29VQE/V6wYyr5hUvWcYu09EkwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBeldGFhKtAvXuIfxzncik6
aoORAR5caF3Y7HVUjISqpAIgdrzWCQGtS/XHiD9YZroen3VejAtBkuSZw1zxbRhs
r+c=
-----END CERTIFICATE-----`;
const SELF_SIGNED_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdlZPrgaFN9REyxbs
S0JX4J3MJd94Eo5CvV0bFQI1nhOhRANCAASspI3ZyFFpCgWVNZ0Leeg0Me/t/Gjr
ymRMh3bsdSOy2p8pWACyQO8kOKnCS7TxbMTvTYrg0d7ViF35iTzBacg2
-----END PRIVATE KEY-----`;

afterEach(async () => {
  jest.restoreAllMocks();
  await closeServers();
});

const LIMITS = { timeoutMs: 30_000, maxBytes: 10_000, maxDepth: 32 };
const JSON_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

function answering(
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
  status = 200,
) {
  return startServer((_, response) => {
    response.writeHead(status, headers).end(body);
  });
}

describe('fetchAnswer', () => {
  describe('request', () => {
    it('sends the headers of the source and asks for JSON', async () => {
      const server = await answering('[]');

      await fetchFrom(`${server.origin}/list?page=1`, {
        headers: { Authorization: 'Bearer secret', 'X-Team': 'a' },
      });

      expect(server.requests).toHaveLength(1);
      expect(server.requests[0].url).toBe('/list?page=1');
      expect(server.requests[0].headers).toMatchObject({
        accept: 'application/json',
        authorization: 'Bearer secret',
        'x-team': 'a',
      });
      expect(server.requests[0].headers).not.toHaveProperty('if-none-match');
      expect(server.requests[0].headers).not.toHaveProperty(
        'if-modified-since',
      );
    });

    it('keeps the Accept header of the source', async () => {
      const server = await answering('[]');

      await fetchFrom(server.origin, {
        headers: { ACCEPT: 'application/vnd.api+json' },
      });

      expect(server.requests[0].headers.accept).toBe(
        'application/vnd.api+json',
      );
    });
  });

  describe('validators', () => {
    it('gives those of the server', async () => {
      const server = await answering('[]', {
        'content-type': 'application/json',
        etag: 'W/"a"',
        'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
      });

      await expect(fetchFrom(server.origin)).resolves.toMatchObject({
        type: 'json',
        value: [],
        validators: {
          etag: 'W/"a"',
          lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT',
        },
      });
    });

    it.each([
      ['a second older than the answer', '08:49:36', '08:49:37', true],
      ['as young as the answer', '08:49:37', '08:49:37', false],
      ['younger than the answer', '08:49:38', '08:49:37', false],
      ['2 s older than our clock, without a Date', '03:04:03', undefined, true],
      [
        '1 s older than our clock, without a Date',
        '03:04:04',
        undefined,
        false,
      ],
    ])(
      'with a Last-Modified %s (%p, answered at %p) uses it: %p',
      async (_, modified, answered, counts) => {
        const day = 'Fri, 02 Jan 2026';
        const lastModified = `${day} ${modified} GMT`;
        const server = await startServer((__, response) => {
          response.sendDate = false;
          response.writeHead(200, {
            'content-type': 'application/json',
            'last-modified': lastModified,
            ...(answered && { date: `${day} ${answered} GMT` }),
          });
          response.end('[]');
        });

        const answer = await fetchFrom(server.origin);
        expect(answer).toMatchObject({
          validators: counts ? { lastModified } : undefined,
        });
      },
    );

    it('gives none if the server gave none', async () => {
      const server = await answering('[]');

      await expect(fetchFrom(server.origin)).resolves.toMatchObject({
        type: 'json',
        value: [],
        validators: undefined,
      });
    });

    it.each([
      [{ etag: '"a"' }, { 'if-none-match': '"a"' }],
      [
        { lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT' },
        { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' },
      ],
    ])(
      'asks with %j whether anything changed',
      async (validators, expected) => {
        const server = await answering('', {}, 304);

        await expect(fetchFrom(server.origin, { validators })).resolves.toEqual(
          {
            type: 'not-modified',
          },
        );
        expect(server.requests[0].headers).toMatchObject(expected);
      },
    );

    it('gets a 304 from a server that heeds Cache-Control', async () => {
      const app = express();
      app.get('/', (_, response) => {
        response.json([{ id: 'a' }]);
      });
      const { origin } = await startServer(app);

      const first = await fetchFrom(origin);
      const { validators } = first as { validators: { etag: string } };

      expect(validators.etag).toMatch(/^W\/"/);
      await expect(fetchFrom(origin, { validators })).resolves.toEqual({
        type: 'not-modified',
      });
    });

    it.each([undefined, {}])(
      'treats 304 as an error after a request with %j',
      async validators => {
        const server = await answering('', {}, 304);

        await expect(
          sourceError(fetchFrom(server.origin, { validators })),
        ).resolves.toMatchObject({ code: 'status', status: 304 });
      },
    );
  });

  describe('status', () => {
    it.each([
      201, 202, 203, 204, 205, 206, 300, 400, 401, 403, 429, 500, 502, 503, 504,
    ])('treats %d as an error', async status => {
      const server = await answering(
        status === 204 || status === 205 ? '' : '["hidden"]',
        { 'content-type': 'application/json' },
        status,
      );

      const error = await sourceError(
        fetchFrom(`${server.origin}/list?key=hidden`, {
          headers: { Authorization: 'hidden' },
        }),
      );

      expect(error).toMatchObject({
        code: 'status',
        status,
        retryAfterMs: undefined,
      });
      expect(error.message).toContain(
        `Source "services": GET ${server.origin}/list answered ${status}; `,
      );
      expect(error.message).not.toContain('hidden');
    });

    it.each([404, 410])('leaves %d to the caller', async status => {
      const server = await answering('gone', {}, status);

      await expect(fetchFrom(server.origin)).resolves.toMatchObject({
        type: 'not-found',
        error: { code: 'status', status },
      });
    });

    it.each([
      [429, '30', 30_000],
      [503, 'Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
      [500, '-1', 0],
      [503, '123abc', undefined],
    ])('reads the wait of %d with %j', async (status, value, retryAfterMs) => {
      const server = await answering('', { 'retry-after': value }, status);

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'status', status, retryAfterMs });
    });

    it('closes the connection of a failed answer that does not end', async () => {
      let written: Promise<void> | undefined;
      const server = await startServer((_, response) => {
        response.writeHead(500);
        written = writeForever(response, 'x'.repeat(1000));
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ status: 500 });
      await expect(written).resolves.toBeUndefined();
    });
  });

  describe('content type', () => {
    it.each(['application/vnd.api+json', 'text/plain'])(
      'reads %s',
      async type => {
        const server = await answering('[1]', { 'content-type': type });

        await expect(fetchFrom(server.origin)).resolves.toMatchObject({
          value: [1],
        });
      },
    );

    it('reads JSON without a type', async () => {
      const server = await answering('[1]', {});

      await expect(fetchFrom(server.origin)).resolves.toMatchObject({
        value: [1],
      });
    });

    it('refuses HTML with a hint, and closes the connection', async () => {
      let written: Promise<void> | undefined;
      const server = await startServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        written = writeForever(response, '<p>hidden</p>');
      });

      const error = await sourceError(fetchFrom(server.origin));

      expect(error.code).toBe('content-type');
      expect(error.message).toContain('a login page, or the wrong URL?');
      expect(error.message).not.toContain('hidden');
      await expect(written).resolves.toBeUndefined();
    });

    it.each([
      ['application/xml', 'application/xml'],
      ['hidden', 'an unknown type'],
    ])('refuses %s', async (type, named) => {
      const server = await answering('[]', { 'content-type': type });

      const error = await sourceError(fetchFrom(server.origin));

      expect(error.code).toBe('content-type');
      expect(error.message).toContain(`answered with ${named} instead of JSON`);
    });

    it('refuses HTML that claims to be plain text as malformed', async () => {
      const server = await answering('<html>', {
        'content-type': 'text/plain',
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'malformed' });
    });
  });

  describe('body', () => {
    it('may be compressed', async () => {
      const server = await answering(gzipSync('[1]'), {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      });

      await expect(fetchFrom(server.origin)).resolves.toMatchObject({
        value: [1],
      });
    });

    it.each([
      ['empty', ''],
      ['truncated', '[{"id":"a"},{"i'],
    ])('is refused if it is %s', async (_, body) => {
      const server = await answering(body);

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'malformed' });
    });

    it('is refused if it is too deep', async () => {
      const server = await answering('['.repeat(100_000));

      await expect(
        sourceError(
          fetchFrom(server.origin, {
            limits: { ...LIMITS, maxBytes: 1_000_000 },
          }),
        ),
      ).resolves.toMatchObject({ code: 'too-deep' });
    });

    it('may be as large as the limit', async () => {
      const server = await answering('[12345]');
      const fetchUpTo = (maxBytes: number) =>
        fetchFrom(server.origin, { limits: { ...LIMITS, maxBytes } });

      await expect(fetchUpTo(7)).resolves.toMatchObject({ value: [12345] });
      const error = await sourceError(fetchUpTo(6));
      expect(error.code).toBe('too-large');
      expect(error.message).toContain('more than 6 bytes');
      expect(error.message).toContain('"request.maxBytes"');
    });

    it('is not read if it is announced as too large', async () => {
      let closed: Promise<void> | undefined;
      const server = await startServer((_, response) => {
        closed = closing(response);
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': '10001',
        });
        response.flushHeaders();
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'too-large' });
      await closed;
    });

    it('is cut off if it never ends', async () => {
      let written: Promise<void> | undefined;
      const server = await startServer((_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        written = writeForever(response, ' '.repeat(1000));
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'too-large' });
      await expect(written).resolves.toBeUndefined();
    });

    it('is not decompressed beyond the limit', async () => {
      const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
      const server = await answering(bomb, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      });

      await expect(
        sourceError(
          fetchFrom(server.origin, {
            limits: { ...LIMITS, maxBytes: 2 * bomb.length },
          }),
        ),
      ).resolves.toMatchObject({ code: 'too-large' });
    });

    it('is cut off if it decompresses without end', async () => {
      let closed: Promise<void> | undefined;
      const server = await startServer((_, response) => {
        closed = closing(response);
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        });
        const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
        gzip.pipe(response);
        const blanks = Buffer.alloc(100_000, ' ');
        const more = () => {
          if (!response.closed) {
            gzip.write(blanks, more);
          }
        };
        more();
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'too-large' });
      await closed;
    });
  });

  describe('network', () => {
    it('names the cause of a connection that is refused', async () => {
      const origin = await closedOrigin();

      const error = await sourceError(fetchFrom(`${origin}/list?key=hidden`));

      expect(error).toMatchObject({
        code: 'network',
        cause: { message: 'fetch failed', cause: { code: 'ECONNREFUSED' } },
      });
      expect(error.message).toContain(
        `GET ${origin}/list failed with ECONNREFUSED; check the URL`,
      );
      expect(error.message).not.toContain('hidden');
    });

    it('names the cause of a connection that ends before the answer', async () => {
      const server = await startRawServer(socket => socket.end());

      const error = await sourceError(fetchFrom(server.origin));

      expect(error.code).toBe('network');
      expect(error.message).toContain('UND_ERR_SOCKET');
    });

    it.each([
      ['a reset', 'resetAndDestroy' as const],
      ['an end', 'end' as const],
    ])('fails on %s in the body, even after complete JSON', async (_, how) => {
      const server = await startRawServer(socket => {
        socket.write(`${JSON_HEAD}2\r\n[]\r\n`, () => socket[how]());
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'network' });
    });

    it('fails on a body shorter than announced', async () => {
      const server = await startRawServer(socket => {
        socket.end(
          'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[]',
        );
      });

      await expect(
        sourceError(fetchFrom(server.origin)),
      ).resolves.toMatchObject({ code: 'network' });
    });

    it('fails on an answer that is not HTTP, and on a broken compression', async () => {
      const garbage = await startRawServer(socket => {
        socket.end('hidden\r\n\r\n');
      });
      const broken = await answering('hidden', {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      });

      for (const { origin } of [garbage, broken]) {
        const error = await sourceError(fetchFrom(origin));
        expect(error.code).toBe('network');
        expect(error.message).not.toContain('hidden');
      }
    });
  });

  describe('time limit', () => {
    const limits = { ...LIMITS, timeoutMs: 150 };

    afterEach(() => {
      jest.useRealTimers();
    });

    it('ends a request that is not answered', async () => {
      fakeTimeouts();
      const server = await startRawServer(() => jest.advanceTimersByTime(150));

      const error = await sourceError(
        fetchFrom(`${server.origin}/list?key=hidden`, { limits }),
      );

      expect(error.code).toBe('timeout');
      expect(error.message).toContain(
        `GET ${server.origin}/list gave no whole answer within request.timeout (0.15 s)`,
      );
    });

    it('ends a slow body, and closes the connection', async () => {
      fakeTimeouts();
      let closed: Promise<void> | undefined;
      const server = await startRawServer(socket => {
        closed = closing(socket);
        socket.write(JSON_HEAD);
        const trickle = setInterval(() => {
          socket.write('1\r\n \r\n');
          jest.advanceTimersByTime(20);
        }, 1);
        socket.once('close', () => clearInterval(trickle));
      });

      await expect(
        sourceError(fetchFrom(server.origin, { limits })),
      ).resolves.toMatchObject({ code: 'timeout' });
      await closed;
    });

    it('includes redirects', async () => {
      fakeTimeouts();
      const server = await startServer((message, response) => {
        jest.advanceTimersByTime(75);
        if (message.url === '/a') {
          response.writeHead(302, { location: '/b' }).end();
        }
      });

      await expect(
        sourceError(fetchFrom(`${server.origin}/a`, { limits })),
      ).resolves.toMatchObject({ code: 'timeout' });
      expect(server.requests).toHaveLength(2);
    });

    it.each([200, 500])('leaves no timer behind after %d', async status => {
      const server = await answering('[]', {}, status);
      const set = jest.spyOn(globalThis, 'setTimeout');
      const clear = jest.spyOn(globalThis, 'clearTimeout');

      await fetchFrom(server.origin, {
        limits: { ...LIMITS, timeoutMs: 54_321 },
      }).catch(() => {});

      const index = set.mock.calls.findIndex(([, delay]) => delay === 54_321);
      expect(clear).toHaveBeenCalledWith(set.mock.results[index].value);
    });
  });

  describe('abort', () => {
    it('sends nothing under a signal that is aborted already', async () => {
      const server = await answering('[]');
      const reason = new Error('The backend shuts down');

      await expect(
        rejection(
          fetchFrom(server.origin, { signal: AbortSignal.abort(reason) }),
        ),
      ).resolves.toBe(reason);
      expect(server.requests).toEqual([]);
    });

    it('throws the reason of the caller before the answer', async () => {
      const controller = new AbortController();
      const reason = new Error('The backend shuts down');
      let closed: Promise<void> | undefined;
      const server = await startRawServer(socket => {
        closed = closing(socket);
        controller.abort(reason);
      });

      await expect(
        rejection(fetchFrom(server.origin, { signal: controller.signal })),
      ).resolves.toBe(reason);
      await closed;
    });

    it('throws the reason of the caller while it reads the body', async () => {
      const controller = new AbortController();
      const reason = new Error('The backend shuts down');
      let closed: Promise<void> | undefined;
      const server = await startRawServer(socket => {
        closed = closing(socket);
        socket.write(`${JSON_HEAD}1\r\n[\r\n`);
      });
      const original = globalThis.fetch;
      jest.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
        const response = await original(...args);
        setImmediate(() => controller.abort(reason));
        return response;
      });

      await expect(
        rejection(fetchFrom(server.origin, { signal: controller.signal })),
      ).resolves.toBe(reason);
      await closed;
    });
  });
});

describe('readChunks', () => {
  it('stops the time limit while the reader works on a chunk, and at the end', async () => {
    const left = ['[1', ',2]'].map(text => new TextEncoder().encode(text));
    const events: string[] = [];
    const body = new ReadableStream(
      {
        pull(controller) {
          events.push('wait');
          const chunk = left.shift();
          return chunk ? controller.enqueue(chunk) : controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const chunks = readChunks({
      target: { source: 'services', url: new URL('https://example.com/') },
      response: new Response(body),
      maxBytes: 100,
      limit: {
        stop: () => events.push('stop'),
        start: () => events.push('start'),
        signal: new AbortController().signal,
      },
    });

    for await (const _ of chunks) {
      events.push('work');
    }

    expect(events).toEqual([
      'wait',
      'stop',
      'work',
      'start',
      'wait',
      'stop',
      'work',
      'start',
      'wait',
      'stop',
    ]);
  });
});

describe('contentTypeFault', () => {
  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset=latin1',
    'text/json',
    'application/vnd.api+json',
    'application/hal+json; profile="x"',
    'model/gltf+json',
  ])('accepts %j', header => {
    expect(contentTypeFault(header)).toBeUndefined();
  });

  it.each([null, '', 'text/plain', 'text/plain; charset=utf-8'])(
    'accepts %j, which may be JSON',
    header => {
      expect(contentTypeFault(header)).toBeUndefined();
    },
  );

  it.each(['text/html; charset=utf-8', 'application/xhtml+xml'])(
    'reports HTML for %j',
    header => {
      expect(contentTypeFault(header)).toMatch(/^HTML instead of JSON; /);
    },
  );

  it.each([
    'application/xml',
    'application/octet-stream',
    'application/json-seq',
    'application/jsonp',
  ])('names the type %j', type => {
    expect(contentTypeFault(type)).toContain(`${type} instead of JSON; `);
  });

  it.each(['nonsense', 'a b/c', '+json', `x/${'y'.repeat(100)}`])(
    'does not repeat %j',
    header => {
      expect(contentTypeFault(header)).toMatch(
        /^an unknown type instead of JSON; /,
      );
    },
  );

  it('reads JSON of any type where that is allowed, and nothing else', async () => {
    const limits = {
      timeoutMs: 30_000,
      maxBytes: 10_000,
      maxDepth: 32,
      accept: 'any' as const,
    };
    const type = { 'content-type': 'application/octet-stream' };
    const bucket = await answering('[1]', type);
    await expect(fetchFrom(bucket.origin, { limits })).resolves.toMatchObject({
      value: [1],
    });
    expect(bucket.requests[0].headers.accept).toBe(
      'application/json, */*;q=0.5',
    );
    await expect(sourceError(fetchFrom(bucket.origin))).resolves.toMatchObject({
      message: expect.stringContaining('set "request.accept: any"'),
    });
    const binary = await answering('\u0000', type);
    await expect(
      sourceError(fetchFrom(binary.origin, { limits })),
    ).resolves.toMatchObject({ code: 'malformed' });
  });

  it('names NODE_EXTRA_CA_CERTS for a certificate that Node.js does not trust', async () => {
    const server = createServer({ key: SELF_SIGNED_KEY, cert: SELF_SIGNED });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const error = await sourceError(fetchFrom(`https://127.0.0.1:${port}/`));
      expect(error.message).toContain(
        'failed with DEPTH_ZERO_SELF_SIGNED_CERT; Node.js does not trust the ' +
          'certificate; start the backend with NODE_EXTRA_CA_CERTS set to',
      );
    } finally {
      server.close();
    }
  });

  it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    'does not advise to trust what would not help: %s',
    code => {
      const target = { source: 'services', url: new URL('https://localhost') };
      const cause = Object.assign(new Error('fetch failed'), { code });
      expect(networkError(target, cause).message).toContain(
        "check the server's certificate and its host name in the URL",
      );
    },
  );
});
