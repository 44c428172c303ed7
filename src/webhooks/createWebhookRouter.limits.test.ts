import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/settings';
import {
  answerTo,
  bodyText,
  KEY,
  open,
  payload,
  post,
  sign,
  until,
  WebhookServer,
} from './__testUtils__/WebhookServer';

const ci = aSender({ secrets: [{ id: 'one', key: KEY }] });
const MEGABYTE = 1_000_000;

function fill(length: number): string {
  return JSON.stringify({
    ...payload,
    padding: 'x'.repeat(length - bodyText.length - ',"padding":""'.length),
  });
}

describe('createWebhookRouter, of what it takes,', () => {
  let server: WebhookServer;
  const start = async (
    changes: Partial<SenderSettings> = {},
    options?: Parameters<WebhookServer['start']>[1],
  ) => server.start([{ ...ci, ...changes }], options);

  beforeEach(() => {
    server = new WebhookServer();
  });

  afterEach(() => {
    server.stop();
  });

  it('takes a megabyte over a socket, and no byte more', async () => {
    const url = `${await start()}/ci`;
    const body = fill(MEGABYTE);
    expect(Buffer.byteLength(body)).toBe(MEGABYTE);

    expect((await post(url, { body })).status).toBe(202);
    expect(server.accept.mock.calls[0][0].payload).toBe(body);
    const refused = await post(url, { body: fill(MEGABYTE + 1) });
    expect(refused.status).toBe(413);
    expect(await refused.text()).toContain('1000000 bytes');
    expect(server.accept).toHaveBeenCalledTimes(1);
  });

  it('takes as much as the sender is given', async () => {
    const url = `${await start({ maxBodyBytes: 2_000 })}/ci`;
    expect((await post(url, { body: fill(2_000) })).status).toBe(202);
    expect((await post(url, { body: fill(2_001) })).status).toBe(413);
  });

  it('refuses a length over the limit before the first byte', async () => {
    for (const sender of ['ci', 'unknown']) {
      const request = open(`${await start()}/${sender}`, {
        'Content-Length': 10 * MEGABYTE,
      });
      request.flushHeaders();
      expect((await answerTo(request)).statusCode).toBe(413);
      request.destroy();
    }
  });

  it('takes what comes in pieces', async () => {
    const request = open(`${await start()}/ci`, {
      'X-Catalog-Signature': sign(bodyText),
      'Transfer-Encoding': 'chunked',
    });
    for (const piece of bodyText.match(/.{1,20}/g)!) {
      request.write(piece);
      await new Promise(resolve => setImmediate(resolve));
    }
    request.end();
    expect((await answerTo(request)).statusCode).toBe(202);
    expect(server.accept.mock.calls[0][0].payload).toBe(bodyText);
  });

  it('refuses more than the limit that comes in pieces, without their end', async () => {
    const request = open(`${await start()}/ci`, {
      'X-Catalog-Signature': sign(''),
      'Transfer-Encoding': 'chunked',
    });
    for (let i = 0; i < 12; i++) {
      request.write(Buffer.alloc(100_000));
    }
    expect((await answerTo(request)).statusCode).toBe(413);
    request.destroy();
  });

  it.each(['gzip', 'br', 'x-made-up'])(
    'refuses what is compressed: %s',
    async encoding => {
      const body = gzipSync(bodyText);
      const response = await post(`${await start()}/ci`, {
        body,
        headers: { 'content-encoding': encoding },
      });
      expect(response.status).toBe(415);
      expect(server.accept).not.toHaveBeenCalled();
    },
  );

  it('takes what says that it is not compressed', async () => {
    const headers = { 'content-encoding': 'Identity' };
    expect((await post(`${await start()}/ci`, { headers })).status).toBe(202);
  });

  it('lets a caller go on that waits to be told so', async () => {
    const request = open(`${await start()}/ci`, {
      'X-Catalog-Signature': sign(bodyText),
      'Content-Length': Buffer.byteLength(bodyText),
      Expect: '100-continue',
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end(bodyText);
    expect((await answerTo(request)).statusCode).toBe(202);
  });

  it('limits requests in a time, by sender and address', async () => {
    const url = await server.start([
      { ...ci, trustProxy: 1, rateLimit: { requests: 2, windowMs: 3_600_000 } },
      aSender({ name: 'other', trustProxy: 1 }),
    ]);
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const statusOf = async (sender: string, address: string) =>
      (await post(`${url}/${sender}`, { headers: from(address) })).status;

    expect(await statusOf('ci', '192.0.2.1')).toBe(202);
    expect(await statusOf('ci', '192.0.2.1')).toBe(202);
    const limited = await post(`${url}/ci`, { headers: from('192.0.2.1') });
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect(await limited.json()).toEqual({
      error: {
        name: 'TooManyRequestsError',
        message: expect.stringContaining('Too many requests'),
      },
      response: { statusCode: 429 },
    });
    expect(await statusOf('ci', '192.0.2.2')).toBe(202);
    expect(await statusOf('other', '192.0.2.1')).toBe(401);
    expect(server.tracker.limited.mock.calls).toEqual([
      [{ sender: 'ci', limit: 'rate' }],
    ]);
  });

  /** Starts a server that counts requests, and can have some stall whose body has begun. */
  async function startCounting(changes: Partial<SenderSettings> = {}) {
    const counts = { begun: 0, ended: 0 };
    const url = await start(changes, {
      before: (_req, res, next) => {
        counts.begun++;
        res.once('close', () => counts.ended++);
        next();
      },
    });
    const stall = async (name: string, count: number) => {
      const requests = Array.from({ length: count }, () => {
        const request = open(`${url}/${name}`, { 'Content-Length': 100 });
        request.write('a');
        return request;
      });
      await until(() => counts.begun === count);
      return requests;
    };
    return { url, counts, stall };
  }

  it.each([
    ['ci', 202],
    ['unknown', 401],
  ])(
    'has nobody shut out by bodies that do not come: of %s',
    async (name, status) => {
      const { url: base, stall } = await startCounting();
      const url = `${base}/${name}`;
      const stalling = await stall(name, 50);
      const lost = Promise.race(stalling.map(answerTo));

      expect((await post(url)).status).toBe(status);
      expect((await lost).statusCode).toBe(429);
      expect((await lost).headers['retry-after']).toBe('1');
      expect(server.tracker.limited.mock.calls).toEqual([
        [{ sender: status === 202 ? name : undefined, limit: 'concurrency' }],
      ]);
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post(url)),
      );
      expect(new Set(answers.map(answer => answer.status))).toEqual(
        new Set([status]),
      );
    },
  );

  it('frees the place of a caller that hangs up', async () => {
    const { url, counts, stall } = await startCounting({ concurrency: 1 });
    const [stalling] = await stall('ci', 1);
    stalling.destroy();
    await until(() => counts.ended === 1);
    expect((await post(`${url}/ci`)).status).toBe(202);
    expect(server.tracker.limited).not.toHaveBeenCalled();
  });

  it('gives no place to a caller that has hung up before', async () => {
    let late = 0;
    let hangUp = () => {};
    const url = await start(
      { concurrency: 1 },
      {
        before: (req, res, next) => {
          if (!req.headers['x-slow']) {
            next();
            return;
          }
          res.once('close', () => {
            next();
            late++;
          });
          hangUp();
        },
      },
    );
    const request = open(`${url}/ci`, { 'x-slow': '1' });
    hangUp = () => request.destroy();
    request.write(bodyText);
    await until(() => late === 1);
    expect((await post(`${url}/ci`)).status).toBe(202);
  });

  it('frees the place of a caller that stalls', async () => {
    const url = `${await start({ concurrency: 1 }, { bodyDeadlineMs: 20 })}/ci`;
    const stalling = open(url, {
      'X-Catalog-Signature': sign(bodyText),
      'Content-Length': Buffer.byteLength(bodyText),
    });
    stalling.write(bodyText.slice(0, 10));
    expect((await answerTo(stalling)).statusCode).toBe(408);
    expect((await post(url)).status).toBe(202);
    stalling.destroy();
  });

  it('holds a place until it is stored', async () => {
    let commit = () => {};
    server.accept.mockImplementation(
      () =>
        new Promise(resolve => {
          commit = () => resolve({ id: 'a', repeated: false });
        }),
    );
    const url = `${await start({ concurrency: 1 })}/ci`;
    const first = post(url);
    await until(() => server.accept.mock.calls.length === 1);
    const refused = await post(url);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(server.tracker.limited.mock.calls).toEqual([
      [{ sender: 'ci', limit: 'concurrency' }],
    ]);
    commit();
    expect((await first).status).toBe(202);
  });
});
