import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { aSender } from '../model/__testUtils__/aSender';
import type { SenderSettings } from '../model/settings';
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

  it('limits requests at once, and frees a place when a caller hangs up', async () => {
    const url = `${await start({ concurrency: 1 })}/ci`;
    const stalling = open(url, {
      'X-Catalog-Signature': sign(bodyText),
      'Content-Length': Buffer.byteLength(bodyText),
    });
    stalling.write(bodyText.slice(0, 10));
    let refused = await post(url);
    // Until the first has come in, another may have its place.
    while (refused.status === 202) {
      refused = await post(url);
    }
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(server.tracker.limited.mock.calls[0]).toEqual([
      { sender: 'ci', limit: 'concurrency' },
    ]);

    stalling.destroy();
    let response = await post(url);
    while (response.status === 429) {
      response = await post(url);
    }
    expect(response.status).toBe(202);
    expect((await post(url)).status).toBe(202);
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
    expect((await post(url)).status).toBe(429);
    commit();
    expect((await first).status).toBe(202);
  });
});
