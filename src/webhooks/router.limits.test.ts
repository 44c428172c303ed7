import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/sender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
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
import { limitKeyOf } from './callerAddress';
import { RateLimit } from './limits';

const ci = aSender({ secrets: [{ id: 'one', key: KEY }] });
const MEGABYTE = 1_000_000;

function fill(length: number): string {
  return JSON.stringify({
    ...payload,
    padding: 'x'.repeat(length - bodyText.length - ',"padding":""'.length),
  });
}

describeSqlite('createWebhookRouter, of what it takes,', tables => {
  let server: WebhookServer;
  const start = async (
    changes: Partial<SenderSettings> = {},
    options?: Parameters<WebhookServer['start']>[1],
  ) => server.start([{ ...ci, ...changes }], options);

  beforeEach(() => {
    server = new WebhookServer(tables);
  });

  afterEach(async () => {
    jest.useRealTimers();
    await server.stop();
  });

  it('takes a megabyte over a socket, and no byte more', async () => {
    const url = `${await start()}/ci`;
    const body = fill(MEGABYTE);
    expect(Buffer.byteLength(body)).toBe(MEGABYTE);

    expect((await post(url, { body })).status).toBe(202);
    const refused = await post(url, { body: fill(MEGABYTE + 1) });
    expect(refused.status).toBe(413);
    expect(await refused.text()).toContain('1000000 bytes');
    const stored = await server.stored();
    expect(stored.map(row => row.payload)).toEqual([body]);
  });

  it('takes as much as the sender is given', async () => {
    const url = `${await start({ maxBodyBytes: 2_000 })}/ci`;
    expect((await post(url, { body: fill(2_000) })).status).toBe(202);
    expect((await post(url, { body: fill(2_001) })).status).toBe(413);
  });

  it('tells nobody how much a sender is given who does not sign', async () => {
    const small = aSender({ name: 'small', maxBodyBytes: 2_000 });
    const url = await server.start([ci, small]);
    const headers = { 'x-catalog-signature': 'a'.repeat(64) };
    for (const name of ['small', 'unknown']) {
      const body = fill(2_001);
      expect((await post(`${url}/${name}`, { body, headers })).status).toBe(
        401,
      );
    }
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

  it('cuts off a caller that goes on sending for two seconds after a refusal', async () => {
    const url = `${await start()}/ci`;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    const request = open(url, { 'Content-Length': 10 * MEGABYTE });
    let isOpen = true;
    request.once('close', () => {
      isOpen = false;
    });
    request.write('a');
    expect((await answerTo(request)).statusCode).toBe(413);
    jest.advanceTimersByTime(1_999);
    await new Promise(resolve => request.write('b', resolve));
    expect(isOpen).toBe(true);
    jest.advanceTimersByTime(1);
    // Not for long: Node itself closes a connection that is idle.
    for (let i = 0; isOpen && i < 10_000; i++) {
      request.write('c');
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(isOpen).toBe(false);
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
    await expect(server.stored()).resolves.toMatchObject([
      { payload: bodyText },
    ]);
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
      await expect(server.stored()).resolves.toEqual([]);
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
    expect(await statusOf('ci', '192.0.2.1')).toBe(200);
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
    expect(await statusOf('ci', '192.0.2.2')).toBe(200);
    expect(await statusOf('other', '192.0.2.1')).toBe(401);
    expect(server.tracker.limited.mock.calls).toEqual([
      [{ sender: 'ci', limit: 'rate' }],
    ]);
  });

  /** Starts a server behind a proxy that counts requests, and can have some stall whose body has begun. */
  async function startCounting(changes: Partial<SenderSettings> = {}) {
    const counts = { begun: 0, ended: 0 };
    const url = await start(
      { trustProxy: 1, ...changes },
      {
        before: (_req, res, next) => {
          counts.begun++;
          res.once('close', () => counts.ended++);
          next();
        },
      },
    );
    const stall = async (
      name: string,
      addresses: string[],
      bytes: Uint8Array = Buffer.from('a'),
    ) => {
      const before = counts.begun;
      const requests = addresses.map(address => {
        const request = open(`${url}/${name}`, {
          'Content-Length': bytes.length + 99,
          'X-Forwarded-For': address,
        });
        request.write(bytes);
        return request;
      });
      await until(() => counts.begun === before + addresses.length);
      return requests;
    };
    const postFrom = (address: string, name = 'ci') =>
      post(`${url}/${name}`, { headers: { 'x-forwarded-for': address } });
    return { counts, stall, postFrom };
  }

  const ATTACKER = '192.0.2.66';
  const CI = '198.51.100.1';

  it('takes what CI sends while somebody at another address holds as many slow bodies as they like', async () => {
    const { stall, postFrom } = await startCounting();
    const stalling = await stall('ci', Array(60).fill(ATTACKER));
    const refused = await Promise.race(stalling.map(answerTo));

    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => postFrom(CI)),
    );
    // One is stored, the others repeat it.
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set([200, 202]),
    );
    expect((await postFrom(ATTACKER)).status).toBe(429);
    expect(server.tracker.limited.mock.calls).toEqual(
      Array(11).fill([{ sender: 'ci', limit: 'concurrency' }]),
    );
    const limit =
      'unverified-bodies (too many bodies from this address, or bytes from all, are being read at once)';
    expect(server.logger.warn.mock.calls).toEqual([
      [`Refused a webhook of sender "ci" from "${ATTACKER}": ${limit}`],
    ]);
  });

  it('tells the operator who is beyond a limit, once a second', async () => {
    const { stall, postFrom } = await startCounting({
      concurrency: 1,
      rateLimit: { requests: 1, windowMs: 60_000 },
    });
    await postFrom(CI);
    await postFrom(CI);
    await postFrom(CI);
    await stall('made-up', [ATTACKER]);
    await postFrom(ATTACKER, 'made-up');
    server.now = new Date(server.now.getTime() + 1000);
    await postFrom(CI);

    const atOnce =
      'unverified-bodies (too many bodies from this address, or bytes from all, are being read at once)';
    const inWindow =
      'rate-limit (more verified requests from this address than the sender\'s "rateLimit")';
    expect(server.logger.warn.mock.calls).toEqual([
      [`Refused a webhook of sender "ci" from "${CI}": ${inWindow}`],
      [`Refused a webhook of an unknown sender from "${ATTACKER}": ${atOnce}`],
      [
        `Refused a webhook of sender "ci" from "${CI}": ${inWindow}, 1 more since the last line`,
      ],
    ]);
    const event = { eventId: 'webhook-limit', severityLevel: 'medium' };
    expect(server.auditor.createEvent.mock.calls).toEqual([
      [{ ...event, meta: { sender: 'ci', code: 'rate-limit', address: CI } }],
      [{ ...event, meta: { code: 'unverified-bodies', address: ATTACKER } }],
      [
        {
          ...event,
          meta: { sender: 'ci', code: 'rate-limit', address: CI, heldBack: 1 },
        },
      ],
    ]);
  });

  it('does not count what was too much at once as not verified', async () => {
    const count = jest.spyOn(RateLimit.prototype, 'count');
    const { stall, postFrom } = await startCounting({ concurrency: 1 });
    await stall('ci', [CI]);
    expect((await postFrom(CI)).status).toBe(429);
    expect(count).not.toHaveBeenCalledWith(limitKeyOf(CI));
    count.mockRestore();
  });

  it('counts slow bodies by their address, whatever sender they name', async () => {
    const { stall, postFrom } = await startCounting();
    await stall('made-up', Array(25).fill(ATTACKER));
    await stall('ci', Array(25).fill(ATTACKER));

    expect((await postFrom(ATTACKER, 'third')).status).toBe(429);
    expect((await postFrom(ATTACKER)).status).toBe(429);
    expect((await postFrom(CI, 'third')).status).toBe(401);
    expect((await postFrom(CI)).status).toBe(202);
    expect(server.tracker.limited.mock.calls).toEqual([
      [{ sender: undefined, limit: 'concurrency' }],
      [{ sender: 'ci', limit: 'concurrency' }],
    ]);
  });

  it('keeps an address out of every name alike, once it was refused 1200 times', async () => {
    const url = await server.start([
      { ...ci, trustProxy: 1, rateLimit: { requests: 1, windowMs: 60_000 } },
      aSender({ name: 'other', trustProxy: 1, maxBodyBytes: 2_000 }),
    ]);
    const statusOf = async (sender: string, address: string) => {
      const headers = {
        'x-forwarded-for': address,
        'x-catalog-signature': 'a'.repeat(64),
      };
      const response = await post(`${url}/${sender}`, { headers });
      await response.text();
      return response.status;
    };
    for (let i = 0; i < 1200; i += 40) {
      await Promise.all(
        Array.from({ length: 40 }, () =>
          statusOf(i % 80 ? 'ci' : 'made-up', ATTACKER),
        ),
      );
    }
    for (const each of ['made-up', 'ci', 'other']) {
      expect(await statusOf(each, ATTACKER)).toBe(429);
      expect(await statusOf(each, CI)).toBe(401);
    }
    expect(server.logged()).toContain(
      `Refused a webhook of sender \\"other\\" from \\"${ATTACKER}\\": unverified-requests (`,
    );
  });

  it('reads a bounded number of bytes from all addresses together, and is free again when they are gone', async () => {
    const { counts, stall, postFrom } = await startCounting({
      maxBodyBytes: 10 * MEGABYTE,
      concurrency: 6,
    });
    const bytes = Buffer.alloc(9 * MEGABYTE);
    const addresses = Array.from({ length: 8 }, (_, i) => `203.0.113.${i}`);
    const stalling = await stall('made-up', addresses, bytes);
    const refused = await Promise.race(stalling.map(answerTo));
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    stalling.forEach(request => request.destroy());
    await until(() => counts.ended === stalling.length);
    expect((await postFrom(CI)).status).toBe(202);
    expect(server.tracker.limited.mock.calls).toEqual([
      [{ sender: undefined, limit: 'concurrency' }],
    ]);
  });

  it('gives the permit back when a caller hangs up', async () => {
    const { counts, stall, postFrom } = await startCounting({ concurrency: 1 });
    const [stalling] = await stall('ci', [CI]);
    stalling.destroy();
    await until(() => counts.ended === 1);
    expect((await postFrom(CI)).status).toBe(202);
    expect(server.tracker.limited).not.toHaveBeenCalled();
  });

  it('gives no permit to a caller that hung up before the route', async () => {
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

  it('gives the permit back when a body does not arrive in time', async () => {
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

  it('works on a bounded number of verified requests of a sender, from wherever they come', async () => {
    const { postFrom } = await startCounting({ concurrency: 2 });
    await server.hang();
    const first = postFrom('198.51.100.1');
    const second = postFrom('198.51.100.2');
    await until(() => server.waiting() === 2);
    const refused = await postFrom('198.51.100.3');

    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(server.tracker.limited.mock.calls).toEqual([
      [{ sender: 'ci', limit: 'concurrency' }],
    ]);
    await server.recover();
    expect([(await first).status, (await second).status].sort()).toEqual([
      200, 202,
    ]);
    expect((await postFrom('198.51.100.3')).status).toBe(200);
  });
});
