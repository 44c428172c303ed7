import { InputError } from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { RequestListener } from 'node:http';
import { waitFor } from '../../__testUtils__/waitFor';
import { SourceError } from '../../lib/errors';
import { collectingSink } from '../__testUtils__/collectingSink';
import { sendJson, startSource } from '../__testUtils__/startSource';
import { NOW, rejection, sourceError } from '../__testUtils__/fetchFrom';
import { closeServers, startServer } from '../__testUtils__/servers';
import type { Validators } from '../httpValidators';
import { HttpRecordSource } from './HttpRecordSource';

const RETRY_AT = new Date(NOW.getTime() + 7000);

afterEach(closeServers);

const { signal } = new AbortController();

async function selectServices(answer: JsonValue): Promise<JsonValue[]> {
  const { services } = answer as JsonObject;
  if (!Array.isArray(services)) {
    throw new SourceError('There is no list', { code: 'shape' });
  }
  return services;
}

async function setUp(listener: RequestListener, recordPath = '/services/{id}') {
  const server = await startServer(listener);
  const source = new HttpRecordSource({
    settings: {
      name: 'services',
      url: `${server.origin}/services?all=1`,
      recordUrl: `${server.origin}${recordPath}`,
      method: 'GET',
      headers: { Authorization: 'Bearer secret' },
      pagination: { type: 'none' },
      request: {
        timeoutMs: 30_000,
        maxBytes: 10_000,
        maxDepth: 32,
        retries: 0,
        concurrency: 4,
      },
    },
    selectRecords: selectServices,
    timeLimitMs: 300_000,
    now: () => NOW,
  });
  const list = async (validators?: Validators) => {
    const { sink, records } = collectingSink();
    const answer = await source.list({ validators, signal, sink });
    return answer.type === 'listed' ? { ...answer, records } : answer;
  };
  return { server, source, list };
}

function json(
  value: JsonValue,
  headers: Record<string, string> = {},
): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

const status =
  (code: number): RequestListener =>
  (_, response) => {
    response.writeHead(code, { 'retry-after': '7' }).end();
  };

describe('HttpRecordSource', () => {
  describe('list', () => {
    it('gives the records inside the answer', async () => {
      const { server, list } = await setUp(
        json({ services: [{ id: 'a' }, 1] }, { etag: '"1"' }),
      );

      await expect(list()).resolves.toEqual({
        type: 'listed',
        records: [{ id: 'a' }, 1],
        validators: { etag: '"1"' },
      });
      expect(server.requests[0]).toMatchObject({
        url: '/services?all=1',
        headers: { authorization: 'Bearer secret' },
      });
    });

    it('tells when nothing has changed', async () => {
      const { server, list } = await setUp(status(304));

      await expect(list({ etag: '"1"' })).resolves.toEqual({
        type: 'not-modified',
        retryAt: RETRY_AT,
      });
      expect(server.requests[0].headers['if-none-match']).toBe('"1"');
    });

    it.each([404, 410, 503])('fails on %d', async code => {
      const { list } = await setUp(status(code));

      await expect(sourceError(list())).resolves.toMatchObject({
        code: 'status',
        status: code,
        retryAfterMs: 7000,
      });
    });

    it('fails if the answer has no list', async () => {
      const { list } = await setUp(json({}));

      await expect(sourceError(list())).resolves.toMatchObject({
        code: 'shape',
      });
    });
  });

  describe('read', () => {
    it('gives the record', async () => {
      const { server, source } = await setUp(
        json({ id: 'a' }, { 'last-modified': 'then' }),
      );

      await expect(source.read({ recordId: 'a', signal })).resolves.toEqual({
        type: 'record',
        record: { id: 'a' },
        validators: { lastModified: 'then' },
      });
      expect(server.requests[0].headers.authorization).toBe('Bearer secret');
    });

    it('tells when nothing has changed', async () => {
      const { server, source } = await setUp(status(304));

      await expect(
        source.read({ recordId: 'a', validators: { etag: '"1"' }, signal }),
      ).resolves.toEqual({ type: 'not-modified', retryAt: RETRY_AT });
      expect(server.requests[0].headers['if-none-match']).toBe('"1"');
    });

    it.each([404, 410])('answers "not-found" on %d', async code => {
      const { source } = await setUp(status(code));

      await expect(source.read({ recordId: 'a', signal })).resolves.toEqual({
        type: 'not-found',
        retryAt: RETRY_AT,
      });
    });

    it.each([204, 304, 500])('fails on %d', async code => {
      const { source } = await setUp(status(code));

      await expect(
        sourceError(source.read({ recordId: 'a', signal })),
      ).resolves.toMatchObject({ code: 'status', status: code });
    });

    it.each([[[]], ['a'], [1], [null], [[{ id: 'a' }]]])(
      'refuses %j as a record',
      async value => {
        const { source } = await setUp(json(value));

        await expect(
          sourceError(source.read({ recordId: 'a', signal })),
        ).resolves.toMatchObject({ code: 'shape' });
      },
    );

    it.each([
      ['team/repo', '/services/team%2Frepo'],
      ['a b', '/services/a%20b'],
      ['ü', '/services/%C3%BC'],
      ['100%', '/services/100%25'],
      ['a?b#c', '/services/a%3Fb%23c'],
    ])('requests %j at %s', async (recordId, path) => {
      const { server, source } = await setUp(json({}));

      await source.read({ recordId, signal });

      expect(server.requests.map(({ url }) => url)).toEqual([path]);
    });

    it('puts the id into the query if the template has it there', async () => {
      const { server, source } = await setUp(json({}), '/get?id={id}&full=1');

      await source.read({ recordId: 'a&full=0', signal });

      expect(server.requests[0].url).toBe('/get?id=a%26full%3D0&full=1');
    });

    it.each([
      '../x',
      '%2e%2e',
      '%252e%252e/x',
      'http://evil/x',
      '//evil/x',
      'a/../b',
      '..\\x',
      '',
    ])('sends no request for %j', async recordId => {
      const { server, source } = await setUp(json({}));

      await expect(
        rejection(source.read({ recordId, signal })),
      ).resolves.toBeInstanceOf(InputError);
      expect(server.requests).toEqual([]);
    });
  });
});

describe('an answer that asks to wait', () => {
  /** Answers by hand, in any order. */
  async function startByHand() {
    const open = new Map<string, Parameters<RequestListener>[1]>();
    const source = await startSource(
      (request, response) => open.set(request.url!, response),
      {
        settings: {
          request: {
            timeoutMs: 30_000,
            maxBytes: 10_000,
            maxDepth: 32,
            retries: 0,
            concurrency: 2,
          },
        },
      },
    );
    const answer = async (
      path: string,
      headers: Record<string, string> = {},
      code = 200,
    ) => {
      await waitFor(() => expect(open.has(path)).toBe(true));
      const response = open.get(path)!;
      open.delete(path);
      if (code === 200) {
        sendJson(response, path === '/list' ? [] : { id: 'a' }, headers);
      } else {
        response.writeHead(code, headers).end();
      }
    };
    return { ...source, answer };
  }

  it('for a short time is obeyed here, so that nobody is refused meanwhile; a long time is left to the caller', async () => {
    let delay = '2';
    const { read, list, waits } = await startSource((request, response) =>
      sendJson(response, request.url === '/list' ? [] : { id: 'a' }, {
        'x-ratelimit-delay': delay,
      }),
    );

    await expect(read()).resolves.toHaveProperty('retryAt', undefined);
    await expect(list()).resolves.toHaveProperty('retryAt', undefined);
    delay = '10';
    const { retryAt } = await read();
    expect(waits).toEqual([2000, 2000]);
    expect(retryAt).toEqual(new Date(NOW.getTime() + 14_000));
    await read();
    expect(waits).toHaveLength(2);
  });

  it('is obeyed although an answer to an earlier request asks for nothing', async () => {
    const { read, list, answer, waits } = await startByHand();
    const [first, second] = [read('a'), read('b')];
    await answer('/records/a', { 'retry-after': '4' });
    await first;
    await answer('/records/b');
    await second;

    const third = read('c');
    await answer('/records/c');
    await third;
    expect(waits).toEqual([4000]);
    const fourth = list();
    await answer('/list');
    await fourth;
    expect(waits).toHaveLength(1);
  });

  it('is obeyed by a request that waits for others already', async () => {
    const { read, answer, waits } = await startByHand();
    const reads = [read('a'), read('b'), read('c')];
    await answer('/records/a', { 'retry-after': '20' }, 429);
    await expect(sourceError(reads[0])).resolves.toMatchObject({ status: 429 });
    await answer('/records/c');
    await answer('/records/b');
    await Promise.all(reads.slice(1));
    expect(waits).toEqual([20_000]);
  });

  it('for longer than a waiting request may take refuses it; one that begins when the caller knows is sent', async () => {
    const { read, answer, waits, server } = await startByHand();
    const [first, second, third] = [read('a'), read('b'), read('c')];
    await answer('/records/a', { 'retry-after': '3600' });
    const retryAt = new Date(NOW.getTime() + 3_600_000);
    await expect(first).resolves.toMatchObject({ retryAt });
    const error = await sourceError(third);
    expect(error.message).toContain(
      '/records/c was not sent: an earlier answer asked to wait until 2026-01-02T04:04:05.000Z, which is beyond its time limit',
    );
    expect(error.retryAfterMs).toBe(3_600_000);
    await answer('/records/b');
    await expect(second).resolves.toMatchObject({ retryAt });

    const forced = read('d');
    await answer('/records/d');
    await expect(forced).resolves.toHaveProperty('retryAt', undefined);
    expect(waits).toEqual([]);
    expect(server.requests).toHaveLength(3);
  });
});
