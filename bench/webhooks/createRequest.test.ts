import { ConfigReader } from '@backstage/config';
import type { IncomingMessage } from 'node:http';
import { readCustomDataSettings } from '../../src/config/settings';
import { createAuthenticator } from '../../src/webhooks/authenticate';
import { createCallerFinder } from '../../src/webhooks/callers';
import { headerValuesOf } from '../../src/webhooks/dialects/dialect';
import { FUZZ_CONFIG } from '../fuzz/senders';
import { createRequest, SENDER, toBytes } from './createRequest';
import { WEBHOOK_SUBJECTS } from './names';
import { SENDER_CONFIG } from './subjects/subjectConfig';

const time = new Date('2026-01-31T12:00:00Z');
const now = () => time;

const settingsOf = (webhooks: object) =>
  readCustomDataSettings(
    new ConfigReader({ catalog: { customData: { webhooks } } } as any),
  );

/** What the module makes of a request. */
function authenticate(forged: boolean) {
  const { senders } = settingsOf({ [SENDER]: SENDER_CONFIG });
  const { headers, body } = createRequest({
    subject: 'module',
    id: 'a-1',
    service: 'service-1',
    time,
    forged,
  });
  const req = {
    headers: { 'x-forwarded-for': headers['X-Forwarded-For'] },
    socket: { remoteAddress: '127.0.0.1' },
  } as unknown as IncomingMessage;
  return createAuthenticator({ senders, now })({
    caller: createCallerFinder({ senders, now })(req, SENDER),
    headers: headerValuesOf(Object.entries(headers).flat()),
    body,
  });
}

describe('createRequest', () => {
  it('verifies, unless it is forged, and comes from where its sender may', () => {
    expect(authenticate(false)).toMatchObject({ type: 'authenticated' });
    expect(authenticate(true)).toMatchObject({
      type: 'rejected',
      rejection: { code: 'signature-wrong' },
    });
  });

  it('has senders that nothing is wrong with', () => {
    const settings = settingsOf({
      [SENDER]: SENDER_CONFIG,
      ...(FUZZ_CONFIG.webhooks as object),
    });
    expect(settings.misconfiguredSenders).toEqual([]);
    expect(settings.senders).toHaveLength(4);
  });

  it('is the same 8,000 bytes for every receiver, and others for every id', () => {
    const bodyOf = (subject: (typeof WEBHOOK_SUBJECTS)[number], id: string) =>
      createRequest({ subject, id, service: 'service-1', time }).body;
    const bodies = WEBHOOK_SUBJECTS.map(subject => bodyOf(subject, 'a-1'));
    bodies.forEach(body => expect(body.equals(bodies[0])).toBe(true));
    expect(bodies[0]).toHaveLength(8_000);
    expect(bodyOf('module', 'a-2').equals(bodies[0])).toBe(false);
  });

  it('goes over the wire with its length', () => {
    const text = toBytes({
      path: '/x',
      headers: { A: 'b' },
      body: Buffer.from('{}'),
    }).toString();
    expect(text).toBe(
      'POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\nContent-Length: 2\r\n\r\n{}',
    );
  });
});
