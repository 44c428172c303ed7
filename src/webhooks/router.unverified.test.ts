import crypto from 'node:crypto';
import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import {
  answerTo,
  bodyText,
  KEY,
  OLD_KEY,
  open,
  post,
  sign,
  until,
  WebhookServer,
} from './__testUtils__/WebhookServer';

const ci = aSender({
  secrets: [
    { id: 'old', key: OLD_KEY, notAfter: new Date('2026-11-01') },
    { id: 'present', key: KEY },
  ],
});
const bare = aSender({ name: 'bare', secrets: [] });
const fenced = aSender({ name: 'fenced', allowFrom: ['192.0.2.0/24'] });

const wrong = { 'x-catalog-signature': 'a'.repeat(64) };

describeSqlite('createWebhookRouter, to what is not verified,', tables => {
  let server: WebhookServer;
  let url: string;

  beforeEach(async () => {
    server = new WebhookServer(tables);
    url = await server.start([ci, bare, fenced]);
  });

  afterEach(async () => {
    await server.stop();
  });

  const answerOf = async (response: Response) => ({
    status: response.status,
    body: await response.text(),
    headers: Object.fromEntries(
      [...response.headers].filter(([name]) => name !== 'date'),
    ),
  });

  it.each<[string, string, Record<string, string>]>([
    ['a wrong signature', 'ci', { 'x-catalog-signature': '0'.repeat(64) }],
    ['an unknown sender', 'cj', {}],
    ['a sender that every object has', '__proto__', {}],
    ['a name that cannot be decoded', '%ff', {}],
    ['a name with a slash in it', 'ci%2f', {}],
    ['a sender without secrets', 'bare', {}],
    ['a wrong network', 'fenced', {}],
    ['no signature', 'ci', { 'x-catalog-signature': '' }],
    ['upper case', 'ci', { 'x-catalog-signature': 'A'.repeat(64) }],
    ['a long signature', 'ci', { 'x-catalog-signature': 'a'.repeat(5000) }],
    ['a list', 'ci', { 'x-catalog-signature': `${'a'.repeat(64)}, b` }],
    [
      'an expired secret',
      'ci',
      { 'x-catalog-signature': sign(bodyText, OLD_KEY) },
    ],
    ['a time that is not signed', 'ci', { 'x-catalog-timestamp': '1' }],
  ])('gives one answer, at one cost: %s', async (_, sender, changes) => {
    const headers = { 'x-catalog-signature': sign(bodyText), ...changes };
    const first = await answerOf(await post(`${url}/ci`, { headers: wrong }));
    // What looks for mistakes has been, and does not come again in this second.
    await post(`${url}/${sender}`, { headers });
    await until(() => server.tracker.rejected.mock.calls.length === 2);

    const hmac = jest.spyOn(crypto, 'createHmac');
    const answer = await answerOf(await post(`${url}/${sender}`, { headers }));
    const hmacs = hmac.mock.calls.length;
    hmac.mockRestore();

    expect(answer).toEqual(first);
    expect(answer.status).toBe(401);
    expect(hmacs).toBe(2);
    await expect(server.stored()).resolves.toEqual([]);
  });

  it('gives the same answer for a signature that is sent twice', async () => {
    const request = open(`${url}/ci`, {
      'X-Catalog-Signature': [sign(bodyText), sign(bodyText)],
    });
    request.end(bodyText);
    expect((await answerTo(request)).statusCode).toBe(401);
  });

  it('parses no body', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    await (await post(`${url}/ci`, { headers: wrong })).text();
    const parsed = parse.mock.calls;
    parse.mockRestore();
    expect(parsed).toEqual([]);
  });

  it('logs the reason once a second for a sender, with a code, the address and nothing else from the request', async () => {
    const odd = { 'x-catalog-signature': 'not-hex-at-all' };
    await post(`${url}/ci`, { headers: odd });
    await post(`${url}/ci`, { headers: odd });
    await post(`${url}/ci`, { headers: { 'x-catalog-signature': '' } });
    await post(`${url}/made-up-name`);
    await post(`${url}/another-made-up-name`);
    await post(`${url}/fenced`);
    server.now = new Date(server.now.getTime() + 1000);
    await post(`${url}/ci`, { headers: wrong });
    await until(() => server.tracker.rejected.mock.calls.length === 7);

    const malformed =
      'signature-malformed (its signature header is not in the expected form)';
    expect(server.logger.warn.mock.calls).toEqual([
      [`Refused a webhook of sender "ci" from "127.0.0.1": ${malformed}`],
      [
        'Refused a webhook of an unknown sender from "127.0.0.1": sender-unknown (no sender of that name is set up)',
      ],
      [
        'Refused a webhook of sender "fenced" from "127.0.0.1": network-not-allowed (it came from a network outside of allowFrom)',
      ],
      [
        'Refused a webhook of sender "ci" from "127.0.0.1": signature-wrong (the signature matches no secret), 2 more since the last line',
      ],
    ]);
    const address = '127.0.0.1';
    const verify = { eventId: 'webhook-verify', severityLevel: 'medium' };
    expect(server.auditor.createEvent.mock.calls).toEqual([
      [
        {
          ...verify,
          meta: { sender: 'ci', code: 'signature-malformed', address },
        },
      ],
      [{ ...verify, meta: { code: 'sender-unknown', address } }],
      [
        {
          ...verify,
          meta: { sender: 'fenced', code: 'network-not-allowed', address },
        },
      ],
      [
        {
          ...verify,
          meta: { sender: 'ci', code: 'signature-wrong', address, heldBack: 2 },
        },
      ],
    ]);
    await until(() => server.auditFail.mock.calls.length === 4);
    expect(server.logged()).not.toMatch(
      /payload|not-hex|correct horse|made-up/,
    );
  });

  it.each<[string, string, string]>([
    ['an expired secret', sign(bodyText, OLD_KEY), 'secret-expired'],
    ['a newline too many', sign(`${bodyText}\n`), 'trailing-newline-signed'],
    ['the literal', sign('${PAYLOAD}'), 'literal-placeholder-signed'],
    ['nothing', sign(''), 'empty-body-signed'],
  ])('tells the operator what was signed: %s', async (_, signature, code) => {
    const headers = { 'x-catalog-signature': signature };
    expect((await post(`${url}/ci`, { headers })).status).toBe(401);
    await until(() => server.tracker.rejected.mock.calls.length > 0);
    expect(server.tracker.rejected.mock.calls).toEqual([
      [{ sender: 'ci', code }],
    ]);
    expect(server.logger.warn.mock.calls[0][0]).toContain(code);
  });

  it('tells the operator how far a clock is off', async () => {
    const seconds = server.now.getTime() / 1000 - 412;
    await post(`${url}/ci`, {
      headers: {
        'x-catalog-timestamp': String(seconds),
        'x-catalog-delivery': 'run-1',
        'x-catalog-signature': sign(`v1:${seconds}.run-1.${bodyText}`),
      },
    });
    await until(() => server.logger.warn.mock.calls.length > 0);
    expect(server.logger.warn.mock.calls).toEqual([
      [
        'Refused a webhook of sender "ci" from "127.0.0.1": clock-behind (the sender\'s clock is 412 s behind)',
      ],
    ]);
  });

  it('counts each request, and looks for a mistake in one of them a second', async () => {
    const headers = { 'x-catalog-signature': sign('') };
    await post(`${url}/ci`, { headers });
    await until(() => server.tracker.rejected.mock.calls.length === 1);
    const hmac = jest.spyOn(crypto, 'createHmac');
    await post(`${url}/ci`, { headers });
    const hmacs = hmac.mock.calls.length;
    hmac.mockRestore();
    expect(hmacs).toBe(2);
    expect(server.tracker.rejected.mock.calls).toEqual([
      [{ sender: 'ci', code: 'empty-body-signed' }],
      [{ sender: 'ci', code: 'signature-wrong' }],
    ]);
  });

  it('looks for a mistake at the same cost for unknown names and for senders', async () => {
    const hmacsOf = async (name: string) => {
      const before = server.tracker.rejected.mock.calls.length;
      const hmac = jest.spyOn(crypto, 'createHmac');
      await post(`${url}/${name}`, { headers: wrong });
      await until(
        () => server.tracker.rejected.mock.calls.length === before + 1,
      );
      const hmacs = hmac.mock.calls.length;
      hmac.mockRestore();
      return hmacs;
    };
    const known = await hmacsOf('ci');
    expect(known).toBeGreaterThan(2);
    expect(await hmacsOf('made-up')).toBe(known);
    expect(await hmacsOf('made-up')).toBe(2);
    expect(await hmacsOf('ci')).toBe(2);
  });

  it('goes on answering where the audit event cannot be written', async () => {
    server.auditor.createEvent.mockRejectedValue(new Error('no auditor'));
    expect((await post(`${url}/ci`, { headers: wrong })).status).toBe(401);
    await until(() => server.logger.error.mock.calls.length > 0);
    expect(server.logger.error.mock.calls[0][0]).toContain('no auditor');
    expect((await post(`${url}/ci`)).status).toBe(202);
  });
});
