import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { ConfigReader } from '@backstage/config';
import express from 'express';
import crypto from 'node:crypto';
import { mockLogger } from '../__testUtils__/mockLogger';
import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import {
  answerTo,
  bodyText,
  KEY,
  OLD_KEY,
  open,
  payload,
  post,
  sign,
  until,
  WebhookServer,
} from './__testUtils__/WebhookServer';
import { signBody } from './verify/verifySignature';

const ci = aSender({
  secrets: [
    { id: '2026-q3', key: OLD_KEY },
    { id: '2026-q4', key: KEY },
  ],
  services: ['payments*'],
  environments: ['production'],
});
const standard = aSender({
  name: 'standard',
  dialect: 'standard-webhooks',
  requireTimestamp: true,
  secrets: [{ id: 'one', key: KEY }],
});

describeSqlite('createWebhookRouter', tables => {
  let server: WebhookServer;
  const start = (before?: express.RequestHandler) =>
    server.start([ci, standard], { before });

  beforeEach(() => {
    server = new WebhookServer(tables);
  });

  afterEach(async () => {
    await server.stop();
  });

  it('stores what is signed, then answers 202 with its id and where it is', async () => {
    const response = await post(`${await start()}/ci`, {
      headers: { 'user-agent': 'a pipeline', authorization: 'Bearer secret' },
    });

    expect(response.status).toBe(202);
    const [row, ...others] = await server.stored();
    const location = response.headers.get('location')!;
    const place = `/api/catalog/custom-data/deliveries/${row.delivery_id}`;
    expect(new URL(location, response.url).pathname).toBe(place);
    // A proxy in front may have taken off a part of the path.
    const outside = 'https://portal.example.com/prefix';
    expect(
      new URL(location, `${outside}/api/catalog/custom-data/webhooks/ci`).href,
    ).toBe(`${outside}${place}`);
    await expect(response.json()).resolves.toEqual({ id: row.delivery_id });
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      sender: 'ci',
      external_id: null,
      digest: crypto.createHash('sha256').update(bodyText).digest('hex'),
      secret_id: '2026-q4',
      dialect: 'catalog',
      state: 'pending',
      received_at: server.now.toISOString(),
      event: {
        event: 'deployment.success',
        service: 'payments',
        version: 'v1-in-the-payload',
        environment: 'production',
        catalogRefresh: true,
      },
      payload: bodyText,
      headers: JSON.stringify({
        'content-type': 'application/json',
        'user-agent': 'a pipeline',
      }),
    });
    expect(server.onQueued).toHaveBeenCalledTimes(1);
    expect(server.tracker.accepted.mock.calls).toEqual([
      [{ sender: 'ci', repeated: false }],
    ]);
  });

  it('keeps a few headers, cut where they are long, and nothing secret', async () => {
    await post(`${await start()}/ci`, {
      headers: {
        'user-agent': 'x'.repeat(300),
        'x-request-id': '17',
        traceparent: '00-1-2-01',
        authorization: 'Bearer secret',
        cookie: 'a=b',
        'webhook-signature': 'v1,abc',
      },
    });
    const [{ headers }] = await server.stored();
    expect(JSON.parse(headers)).toEqual({
      'content-type': 'application/json',
      'user-agent': 'x'.repeat(256),
      'x-request-id': '17',
      traceparent: '00-1-2-01',
    });
  });

  it('says how long its answer is, past the compression of the host', async () => {
    const host = MiddlewareFactory.create({
      config: new ConfigReader({}),
      logger: mockLogger(),
    });
    const url = await start(host.compression());
    const { headers } = await post(`${url}/ci`);

    expect(headers.get('content-length')).toBe('45');
    expect(headers.get('transfer-encoding')).toBeNull();
  });

  it('answers only once it is stored', async () => {
    const url = `${await start()}/ci`;
    await server.hang();
    let answered = false;
    const response = post(url).then(value => {
      answered = true;
      return value;
    });
    await until(() => server.waiting() === 1);
    expect(answered).toBe(false);
    await server.recover();
    expect((await response).status).toBe(202);
    await expect(server.stored()).resolves.toHaveLength(1);
  });

  it('answers a repeat with 200 and the id of what it repeats', async () => {
    const url = `${await start()}/ci`;
    const { id } = (await (await post(url)).json()) as { id: string };
    const response = await post(url);

    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toMatch(
      new RegExp(`/deliveries/${id}$`),
    );
    await expect(response.json()).resolves.toEqual({ id });
    await expect(server.stored()).resolves.toHaveLength(1);
    expect(server.onQueued).toHaveBeenCalledTimes(1);
    expect(server.tracker.accepted.mock.calls).toEqual([
      [{ sender: 'ci', repeated: false }],
      [{ sender: 'ci', repeated: true }],
    ]);
  });

  it('takes any secret of the sender, with or without sha256=', async () => {
    const response = await post(`${await start()}/ci`, {
      headers: { 'x-catalog-signature': `sha256=${sign(bodyText, OLD_KEY)}` },
    });
    expect(response.status).toBe(202);
    await expect(server.stored()).resolves.toMatchObject([
      { secret_id: '2026-q3' },
    ]);
  });

  it('takes Standard Webhooks of a sender that is set to it', async () => {
    const timestamp = String(server.now.getTime() / 1000);
    const mac = signBody({
      key: KEY,
      prefix: `msg_1.${timestamp}.`,
      body: Buffer.from(bodyText),
    });
    const response = await post(`${await start()}/standard`, {
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${mac.toString('base64')}`,
      },
    });
    expect(response.status).toBe(202);
    await expect(server.stored()).resolves.toMatchObject([
      {
        sender: 'standard',
        external_id: 'msg_1',
        dialect: 'standard-webhooks',
      },
    ]);
  });

  it('verifies the bytes, not what they mean', async () => {
    const url = `${await start()}/ci`;
    const spaced = JSON.stringify(payload, null, 2);
    const headers = { 'x-catalog-signature': sign(bodyText) };

    expect((await post(url, { body: spaced })).status).toBe(202);
    expect((await post(url, { body: spaced, headers })).status).toBe(401);
  });

  it('reads the body whatever its content type', async () => {
    const url = `${await start()}/ci`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post(url, { headers })).status).toBe(202);
  });

  it('names every field that is wrong', async () => {
    const body = JSON.stringify({
      ...payload,
      service: 'a/b',
      metadata: { environment: 'x y' },
    });
    const response = await post(`${await start()}/ci`, {
      body,
      headers: { 'x-catalog-delivery': 'x'.repeat(256) },
    });

    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: any };
    expect(error.name).toBe('InputError');
    expect(error.message).toMatch(
      /X-Catalog-Delivery: .*; .*service: does not name an entity.*; metadata\.environment: /,
    );
    await expect(server.stored()).resolves.toEqual([]);
    expect(server.tracker.refused.mock.calls).toEqual([
      [{ sender: 'ci', code: 'not-valid' }],
    ]);
  });

  it.each(['', '{', 'event=deployment.success'])(
    'answers signed bytes that are not JSON with 400: %p',
    async body => {
      const response = await post(`${await start()}/ci`, { body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('not JSON in UTF-8');
    },
  );

  it('takes a request without a body and without a length for an empty one', async () => {
    const request = open(`${await start()}/ci`, {
      'X-Catalog-Signature': sign(''),
    });
    request.removeHeader('Content-Length');
    request.useChunkedEncodingByDefault = false;
    request.end();
    expect((await answerTo(request)).statusCode).toBe(400);
  });

  it("passes the sender's own id on", async () => {
    const headers = { 'x-catalog-delivery': 'run-17/attempt-1' };
    await post(`${await start()}/ci`, { headers });
    await expect(server.stored()).resolves.toMatchObject([
      { external_id: 'run-17/attempt-1' },
    ]);
  });

  it('stores what is about something else as ignored, whatever it is about', async () => {
    const body = JSON.stringify({ event: 'ping', service: 'billing' });
    const url = `${await start()}/ci`;
    const response = await post(url, { body });
    expect(response.status).toBe(202);
    const reason = 'Event "ping" is not about a deployment';
    const answer = await response.json();
    expect(answer).toMatchObject({ state: 'ignored', reason });
    expect(await (await post(url, { body })).json()).toEqual(answer);
    await expect(server.stored()).resolves.toMatchObject([
      {
        state: 'ignored',
        reason: 'Event "ping" is not about a deployment',
        payload: body,
      },
    ]);
    expect(server.onQueued).not.toHaveBeenCalled();
  });

  it('refuses what the sender was not given, and has it audited', async () => {
    const body = JSON.stringify({
      ...payload,
      service: 'billing',
      metadata: { environment: 'staging' },
    });
    const response = await post(`${await start()}/ci`, { body });

    expect(response.status).toBe(403);
    const { error } = (await response.json()) as { error: any };
    expect(error).toEqual({
      name: 'NotAllowedError',
      message:
        'Sender "ci" may not touch service "billing", environment "staging"',
    });
    await expect(server.stored()).resolves.toEqual([]);
    const refusal = { sender: 'ci', code: 'service-not-allowed' };
    expect(server.tracker.refused.mock.calls).toEqual([[refusal]]);
    expect(server.auditor.createEvent.mock.calls).toEqual([
      [
        {
          eventId: 'webhook-scope',
          severityLevel: 'medium',
          meta: { ...refusal, secretId: '2026-q4', address: '127.0.0.1' },
        },
      ],
    ]);
    expect(server.auditFail).toHaveBeenCalledTimes(1);
    expect(server.logged()).not.toMatch(/billing|staging/);
  });

  it.each(['by the configuration', 'at run time'])(
    'turns everything away from a sender that is paused %s',
    async how => {
      const paused = how === 'by the configuration';
      server.isPaused.mockImplementation(name => !paused && name === 'ci');
      const url = await server.start([{ ...ci, paused }, standard]);
      const response = await post(`${url}/ci`, { body: 'not even JSON' });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('300');
      await expect(server.stored()).resolves.toEqual([]);
      expect(server.tracker.refused.mock.calls).toEqual([
        [{ sender: 'ci', code: 'sender-paused' }],
      ]);
      const unsigned = { 'x-catalog-signature': 'a'.repeat(64) };
      expect((await post(`${url}/ci`, { headers: unsigned })).status).toBe(401);
      // Its secret is in use for all that.
      expect(server.onVerified.mock.calls).toEqual([['ci', '2026-q4']]);
    },
  );

  it('answers 503 and acknowledges nothing where the database refuses it', async () => {
    const url = `${await start()}/ci`;
    await server.failToStore();
    const response = await post(url);
    await post(url);

    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).not.toContain('SQLITE');
    expect(server.onQueued).not.toHaveBeenCalled();
    expect(server.tracker.accepted).not.toHaveBeenCalled();
    expect(server.tracker.refused).toHaveBeenCalledTimes(2);
    expect(server.logger.error.mock.calls).toEqual([
      [expect.stringContaining('SQLITE_CONSTRAINT')],
    ]);
    expect(server.logged()).not.toContain('v1-in-the-payload');
  });

  it('answers 503 where the database hangs, and loses nothing that it acknowledged', async () => {
    const url = `${await start()}/ci`;
    const impatient = await server.start([ci], { storeDeadlineMs: 20 });
    const acknowledged = await post(url);
    await server.hang();
    const body = JSON.stringify({ ...payload, version: 'v2' });
    const response = await post(`${impatient}/ci`, { body });

    expect(acknowledged.status).toBe(202);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(server.logger.error.mock.calls).toEqual([
      [
        expect.stringContaining(
          'Deliveries of webhook sender "ci" could not be stored: Error: The database did not answer within 20 ms',
        ),
      ],
    ]);
    expect(server.tracker.accepted).toHaveBeenCalledTimes(1);
    expect(server.tracker.refused.mock.calls).toEqual([
      [{ sender: 'ci', code: 'not-stored' }],
    ]);

    await server.recover();
    const again = await post(url, { body });
    // The insert that was given up may have taken effect first.
    expect([200, 202]).toContain(again.status);
    const stored = await server.stored();
    expect(stored.map(row => row.event.version)).toEqual([
      'v1-in-the-payload',
      'v2',
    ]);
    await expect(again.json()).resolves.toEqual({ id: stored[1].delivery_id });
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'answers %s with 405, for any sender',
    async method => {
      const url = await start();
      for (const sender of ['ci', 'unknown']) {
        const response = await fetch(`${url}/${sender}`, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get('allow')).toBe('POST');
      }
    },
  );

  it('knows a sender whose name is written in another way', async () => {
    const url = await start();
    const shouted = url.replace('custom-data', 'Custom-Data');
    expect((await post(`${url}/ci`)).status).toBe(202);
    // Each repeats the first.
    for (const path of ['/%63i', '/ci/', '/ci?a=b']) {
      const { status, headers } = await post(`${url}${path}`);
      expect(status).toBe(200);
      const location = headers.get('location')!;
      expect(new URL(location, `${url}${path}`).pathname).toMatch(
        /custom-data\/deliveries\/[^/]+$/,
      );
    }
    expect((await post(`${shouted}/ci`)).status).toBe(200);
  });

  it('leaves the paths beside it to the catalog', async () => {
    const url = await start();
    for (const path of ['', '/', '/ci/more', '/%ff/more']) {
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
    const response = await post(`${await start(parser)}/ci`);

    expect(response.status).toBe(500);
    expect(await response.text()).toContain(
      'another module mounts a body parser',
    );
    expect(server.logger.error).toHaveBeenCalledWith(
      expect.stringContaining('another module mounts a body parser'),
    );
    await expect(server.stored()).resolves.toEqual([]);
  });

  it('takes the bytes that another parser has kept as they are', async () => {
    const url = await start(express.raw({ type: () => true, inflate: false }));
    expect((await post(`${url}/ci`)).status).toBe(202);
  });

  it('shares nothing between deliveries', async () => {
    const url = `${await start()}/ci`;
    const bodies = Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({ ...payload, version: `v${i}` }),
    );
    await Promise.all(bodies.map(body => post(url, { body })));
    const stored = await server.stored();
    expect(stored.map(row => row.payload).sort()).toEqual(bodies.sort());
  });
});
