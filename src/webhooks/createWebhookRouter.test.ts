import express from 'express';
import crypto from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { mockServices } from '@backstage/backend-test-utils';
import type { DeliveryStore, NewDelivery } from '../model/delivery';
import type { SenderSettings } from '../model/settings';
import { createWebhookRouter } from './createWebhookRouter';
import { MAX_BODY_BYTES } from './readBody';
import { signBody } from './verify/signBody';

const SECRET = 'correct horse battery staple';
const OLD_SECRET = 'the secret before the rotation';

const ci: SenderSettings = {
  name: 'ci',
  dialect: 'catalog',
  secrets: [
    { id: '2026-q3', secret: OLD_SECRET },
    { id: '2026-q4', secret: SECRET },
  ],
  entity: 'component:default/{service}',
  aliases: {},
};
const bare: SenderSettings = { ...ci, name: 'bare', secrets: [] };

const payload = {
  event: 'deployment.success',
  service: 'payments',
  version: 'v1-in-the-payload',
  catalog_refresh: true,
  metadata: { owner: 'platform-team', environment: 'production' },
};
const bodyText = JSON.stringify(payload);
const sign = (body: string | Buffer, secret = SECRET) =>
  signBody({ body: Buffer.from(body), secret }).toString('hex');

describe('createWebhookRouter', () => {
  let now = new Date('2026-11-22T12:00:00Z');
  const accept = jest.fn<
    ReturnType<DeliveryStore['accept']>,
    Parameters<DeliveryStore['accept']>
  >();
  const onAccepted = jest.fn();
  let logger: ReturnType<typeof mockServices.logger.mock>;
  const servers: http.Server[] = [];

  beforeEach(() => {
    now = new Date('2026-11-22T12:00:00Z');
    jest.resetAllMocks();
    accept.mockResolvedValue({ id: 'delivery-1', repeated: false });
    logger = mockServices.logger.mock();
  });

  afterEach(() => {
    servers.splice(0).forEach(server => {
      server.closeAllConnections();
      server.close();
    });
  });

  async function serve(before?: express.RequestHandler): Promise<string> {
    const app = express();
    if (before) {
      app.use(before);
    }
    app.use(
      '/api/catalog',
      createWebhookRouter({
        senders: [ci, bare],
        deliveries: { accept, claim: jest.fn() },
        logger,
        now: () => now,
        onAccepted,
      }),
    );
    app.use((_req, res) => {
      res.status(404).send('the rest of the catalog');
    });
    const server = http.createServer(app).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/api/catalog/custom-data/webhooks`;
  }

  const post = (
    url: string,
    options: { body?: string | Buffer; headers?: Record<string, string> } = {},
  ) => {
    const { body = bodyText, headers } = options;
    return fetch(url, {
      method: 'POST',
      body: body as string,
      headers: {
        'content-type': 'application/json',
        ...headers,
        'x-catalog-signature': headers?.['x-catalog-signature'] ?? sign(body),
      },
    });
  };

  const logged = () =>
    JSON.stringify(
      [logger.error, logger.warn, logger.info, logger.debug].map(
        level => level.mock.calls,
      ),
    );

  it('stores what is signed, then answers 202 with its id', async () => {
    const response = await post(`${await serve()}/ci`);

    expect(response.status).toBe(202);
    await expect(response.json()).resolves.toEqual({ id: 'delivery-1' });
    expect(accept.mock.calls).toEqual([
      [
        {
          sender: 'ci',
          externalId: undefined,
          digest: crypto.createHash('sha256').update(bodyText).digest('hex'),
          secretId: '2026-q4',
          dialect: 'catalog',
          event: {
            event: 'deployment.success',
            service: 'payments',
            version: 'v1-in-the-payload',
            environment: 'production',
            catalogRefresh: true,
          },
        },
        now,
      ],
    ]);
    expect(onAccepted).toHaveBeenCalledTimes(1);
  });

  it('answers only after the store has committed', async () => {
    let commit = () => {};
    accept.mockImplementation(
      () =>
        new Promise(resolve => {
          commit = () => resolve({ id: 'late', repeated: false });
        }),
    );
    let answered = false;
    const response = post(`${await serve()}/ci`).then(value => {
      answered = true;
      return value;
    });
    while (accept.mock.calls.length === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(answered).toBe(false);
    commit();
    expect((await response).status).toBe(202);
  });

  it('answers a repeat with 200 and the id of what it repeats', async () => {
    accept.mockResolvedValue({ id: 'first', repeated: true });
    const response = await post(`${await serve()}/ci`);

    expect(response.status).toBe(200);
    await expect(response.json()).resolves.toEqual({ id: 'first' });
  });

  it('takes any secret of the sender, with or without sha256=', async () => {
    const url = `${await serve()}/ci`;
    const signature = `sha256=${sign(bodyText, OLD_SECRET)}`;
    const response = await post(url, {
      headers: { 'x-catalog-signature': signature },
    });

    expect(response.status).toBe(202);
    expect(accept.mock.calls[0][0].secretId).toBe('2026-q3');
  });

  it('verifies the bytes, not what they mean', async () => {
    const url = `${await serve()}/ci`;
    const spaced = JSON.stringify(payload, null, 2);

    expect((await post(url, { body: spaced })).status).toBe(202);
    expect(
      (
        await post(url, {
          body: spaced,
          headers: { 'x-catalog-signature': sign(bodyText) },
        })
      ).status,
    ).toBe(401);
  });

  it('reads the body whatever its content type', async () => {
    const url = `${await serve()}/ci`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post(url, { headers })).status).toBe(202);
  });

  describe('a request that is not verified', () => {
    const answerOf = async (response: Response) => ({
      status: response.status,
      body: await response.text(),
      headers: Object.fromEntries(
        [...response.headers].filter(([name]) => name !== 'date'),
      ),
    });

    const cases: Array<[string, string, Record<string, string>]> = [
      ['a wrong signature', 'ci', { 'x-catalog-signature': 'a'.repeat(64) }],
      ['an unknown sender', 'cj', {}],
      ['a sender that every object has', '__proto__', {}],
      ['a sender without secrets', 'bare', {}],
      ['no signature', 'ci', { 'x-catalog-signature': '' }],
      ['upper case', 'ci', { 'x-catalog-signature': 'A'.repeat(64) }],
      ['a long signature', 'ci', { 'x-catalog-signature': 'a'.repeat(5000) }],
      ['a list', 'ci', { 'x-catalog-signature': `${'a'.repeat(64)}, b` }],
    ];

    it.each(cases)(
      'gets the one answer and costs the same: %s',
      async (_, sender, headers) => {
        const url = await serve();
        const expected = await answerOf(
          await post(`${url}/ci`, {
            headers: { 'x-catalog-signature': '0'.repeat(64) },
          }),
        );
        const body = bodyText;
        const signed = { 'x-catalog-signature': sign(body), ...headers };

        const hmac = jest.spyOn(crypto, 'createHmac');
        const answer = await answerOf(
          await post(`${url}/${sender}`, { headers: signed }),
        );
        const hmacs = hmac.mock.calls.length;
        hmac.mockRestore();

        expect(answer).toEqual(expected);
        expect(answer.status).toBe(401);
        expect(hmacs).toBe(2);
        expect(accept).not.toHaveBeenCalled();
      },
    );

    it('gets it for a signature that is sent twice', async () => {
      const url = new URL(`${await serve()}/ci`);
      const request = http.request(url, { method: 'POST' });
      request.setHeader('X-Catalog-Signature', [
        sign(bodyText),
        sign(bodyText),
      ]);
      request.end(bodyText);
      const [response] = await once(request, 'response');
      response.resume();
      expect(response.statusCode).toBe(401);
    });

    it('is not parsed', async () => {
      const url = `${await serve()}/ci`;
      const parse = jest.spyOn(JSON, 'parse');
      await (
        await post(url, { headers: { 'x-catalog-signature': 'wrong' } })
      ).text();
      const parsed = parse.mock.calls;
      parse.mockRestore();
      expect(parsed).toEqual([]);
    });

    it('is logged once a second for a sender, with a code alone', async () => {
      const url = await serve();
      const wrong = { 'x-catalog-signature': 'not-hex-at-all' };
      await post(`${url}/ci`, { headers: wrong });
      await post(`${url}/ci`, { headers: wrong });
      await post(`${url}/ci`, { headers: { 'x-catalog-signature': '' } });
      await post(`${url}/made-up-name`);
      await post(`${url}/another-made-up-name`);
      now = new Date(now.getTime() + 1000);
      await post(`${url}/ci`, { headers: wrong });

      expect(logger.warn.mock.calls).toEqual([
        ["Refused a webhook of sender 'ci': signature-malformed"],
        ['Refused a webhook of an unknown sender: sender-unknown'],
        [
          "Refused a webhook of sender 'ci': signature-malformed, 2 more since the last line",
        ],
      ]);
      expect(logged()).not.toMatch(/payload|not-hex|correct horse|made-up/);
    });
  });

  it('names every field that is wrong', async () => {
    const body = JSON.stringify({
      ...payload,
      service: 'a/b',
      metadata: { environment: 'x y' },
    });
    const response = await post(`${await serve()}/ci`, {
      body,
      headers: { 'x-catalog-delivery': 'x'.repeat(256) },
    });

    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: any };
    expect(error.name).toBe('InputError');
    expect(error.message).toMatch(
      /X-Catalog-Delivery: .*; .*service: does not name an entity.*; metadata\.environment: /,
    );
    expect(accept).not.toHaveBeenCalled();
  });

  it.each(['', '{', 'event=deployment.success'])(
    'answers signed bytes that are not JSON with 400: %p',
    async body => {
      const response = await post(`${await serve()}/ci`, { body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('not JSON in UTF-8');
    },
  );

  it('takes a request without a body and without a length for an empty one', async () => {
    const url = new URL(`${await serve()}/ci`);
    const request = http.request(url, { method: 'POST' });
    request.setHeader('X-Catalog-Signature', sign(''));
    request.removeHeader('Content-Length');
    request.useChunkedEncodingByDefault = false;
    request.end();
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(400);
  });

  it("passes the sender's own id on", async () => {
    const url = `${await serve()}/ci`;
    await post(url, { headers: { 'x-catalog-delivery': 'run-17/attempt-1' } });
    expect(accept.mock.calls[0][0].externalId).toBe('run-17/attempt-1');
  });

  it.each(['two words', 'é', ''])('refuses %p as an id', async externalId => {
    const response = await post(`${await serve()}/ci`, {
      headers: { 'x-catalog-delivery': externalId },
    });
    expect(response.status).toBe(400);
  });

  it('acknowledges nothing that is not stored', async () => {
    accept.mockRejectedValue(
      Object.assign(
        new Error(`insert … values ('v1-in-the-payload') - SQLITE_FULL`),
        { code: 'SQLITE_FULL' },
      ),
    );
    const response = await post(`${await serve()}/ci`);

    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).not.toContain('SQLITE');
    expect(onAccepted).not.toHaveBeenCalled();
    expect(logged()).toContain('SQLITE_FULL');
    expect(logged()).not.toContain('v1-in-the-payload');
  });

  it('takes a body at the limit over a socket, and none over it', async () => {
    const url = `${await serve()}/ci`;
    const fill = (length: number) =>
      JSON.stringify({
        ...payload,
        padding: 'x'.repeat(length - bodyText.length - ',"padding":""'.length),
      });
    expect(Buffer.byteLength(fill(MAX_BODY_BYTES))).toBe(1_000_000);

    expect((await post(url, { body: fill(MAX_BODY_BYTES) })).status).toBe(202);
    const refused = await post(url, { body: fill(MAX_BODY_BYTES + 1) });
    expect(refused.status).toBe(413);
    expect(await refused.text()).toContain('1000000 bytes');
    expect(accept).toHaveBeenCalledTimes(1);
  });

  it('refuses more than the limit that comes in chunks', async () => {
    const url = new URL(`${await serve()}/ci`);
    const request = http.request(url, { method: 'POST' });
    request.setHeader('X-Catalog-Signature', sign(''));
    for (let i = 0; i < 12; i++) {
      request.write(Buffer.alloc(100_000));
    }
    request.end();
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(413);
  });

  it('refuses a compressed body', async () => {
    const body = gzipSync(bodyText);
    const response = await post(`${await serve()}/ci`, {
      body,
      headers: { 'content-encoding': 'gzip' },
    });
    expect(response.status).toBe(415);
    expect(accept).not.toHaveBeenCalled();
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'answers %s with 405, for any sender',
    async method => {
      const url = await serve();
      for (const sender of ['ci', 'unknown']) {
        const response = await fetch(`${url}/${sender}`, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get('allow')).toBe('POST');
      }
    },
  );

  it('leaves the paths beside it to the catalog', async () => {
    const url = await serve();
    for (const path of ['', '/', '/ci/more']) {
      expect((await post(`${url}${path}`)).status).toBe(404);
    }
  });

  it.each([
    ['express.json', express.json()],
    ['express.text', express.text({ type: () => true })],
    [
      'something that reads the stream',
      ((req, _res, next) => {
        req.resume().on('end', next);
      }) as express.RequestHandler,
    ],
  ])('fails closed where %s took the body', async (_, parser) => {
    const response = await post(`${await serve(parser)}/ci`);

    expect(response.status).toBe(500);
    expect(await response.text()).toContain(
      'another module mounts a body parser',
    );
    expect(logger.error).toHaveBeenCalledWith(
      expect.stringContaining('another module mounts a body parser'),
    );
    expect(accept).not.toHaveBeenCalled();
  });

  it('shares nothing between deliveries', async () => {
    const stored: NewDelivery[] = [];
    accept.mockImplementation(async delivery => {
      stored.push(delivery);
      return { id: String(stored.length), repeated: false };
    });
    const url = `${await serve()}/ci`;
    const versions = Array.from({ length: 50 }, (_, i) => `v${i}`);
    await Promise.all(
      versions.map(version =>
        post(url, { body: JSON.stringify({ ...payload, version }) }),
      ),
    );
    expect(stored.map(({ event }) => event.version).sort()).toEqual(
      versions.sort(),
    );
  });
});
