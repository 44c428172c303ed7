import { aSender } from '../../config/__testUtils__/aSender';
import { headersOf } from './__testUtils__/headersOf';
import { readWith } from './__testUtils__/readWith';
import { createDialect } from './createDialect';

const dialect = createDialect({
  now: () => new Date('2026-11-22T12:00:00Z'),
  sender: aSender({ dialect: 'standard-webhooks' }),
});

const mac = Buffer.alloc(32, 0x5a);
const base64 = mac.toString('base64');
const headers = {
  'webhook-id': ['msg_p5jXN8AQM9LWM0D4loKWxJek'],
  'webhook-timestamp': ['1614265330'],
  'webhook-signature': [`v1,${base64}`],
};
const read = (changes: NodeJS.Dict<string[]> = {}) =>
  dialect.readSignature(headersOf({ ...headers, ...changes }));
const signatures = (value: string) => read({ 'webhook-signature': [value] });

const data = {
  service: 'payments',
  version: 'v1',
  metadata: { environment: 'production' },
};
const event = {
  event: 'deployment.success',
  service: 'payments',
  version: 'v1',
  environment: 'production',
  catalogRefresh: false,
};
const parse = (value: unknown) =>
  readWith(dialect, Buffer.from(JSON.stringify(value)), headers);

describe('dialect standard-webhooks', () => {
  it('has the id and the time signed along', () => {
    expect(read()).toEqual({
      type: 'readable',
      prefix: 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.',
      macs: [mac],
      signed: {
        id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        timestamp: 1_614_265_330,
      },
    });
  });

  it.each([
    ['id-missing', 'webhook-id', undefined],
    ['id-malformed', 'webhook-id', ['a.b']],
    ['id-malformed', 'webhook-id', ['a b']],
    ['id-malformed', 'webhook-id', ['x'.repeat(256)]],
    ['timestamp-missing', 'webhook-timestamp', undefined],
    ['timestamp-malformed', 'webhook-timestamp', ['1614265330 ']],
    ['timestamp-malformed', 'webhook-timestamp', ['hello']],
    ['signature-missing', 'webhook-signature', undefined],
    ['signature-repeated', 'webhook-signature', [`v1,${base64}`, 'v1,']],
    ['signature-malformed', 'webhook-signature', ['']],
    ['signature-malformed', 'webhook-signature', [base64]],
    ['signature-malformed', 'webhook-signature', ['v1,']],
    ['signature-malformed', 'webhook-signature', [`v1,${base64.slice(0, -1)}`]],
    ['signature-malformed', 'webhook-signature', [`v1,${mac.toString('hex')}`]],
    ['signature-malformed', 'webhook-signature', [`v2,${base64}`]],
    ['signature-malformed', 'webhook-signature', [`v1a,${base64}`]],
    ['signature-malformed', 'webhook-signature', [`v1,${base64}`.repeat(100)]],
    [
      'signature-malformed',
      'webhook-signature',
      [Array(17).fill(`v1,${base64}`).join(' ')],
    ],
  ])('cannot verify with %s: %s %j', (code, name, values) => {
    expect(read({ [name]: values })).toEqual({ type: 'unusable', code });
  });

  it('takes several signatures, and passes over those of other versions', () => {
    const another = Buffer.alloc(32, 1);
    expect(
      signatures(
        `v1a,${base64} v1,${another.toString(
          'base64',
        )} v2,x  v1,short v1,${base64}`,
      ),
    ).toMatchObject({ type: 'readable', macs: [another, mac] });
  });

  it('does not take another text that decodes to the same bytes', () => {
    // The last digit before the "=" has two bits that are not used.
    const digits =
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = digits.indexOf(base64[42]);
    const twin = `${base64.slice(0, 42)}${digits[last + 1]}=`;
    expect(Buffer.from(twin, 'base64')).toEqual(mac);
    expect(signatures(`v1,${twin}`)).toEqual({
      type: 'unusable',
      code: 'signature-malformed',
    });
  });

  it('reads the payload as it is', () => {
    expect(
      parse({ ...data, event: 'deployment.success', type: 'x', data: 1 }),
    ).toMatchObject({
      type: 'ok',
      event,
      externalId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    });
  });

  it('reads it from an envelope', () => {
    const envelope = {
      type: 'deployment.rollback',
      timestamp: '2026-11-22T11:00:00+01:00',
      data: { ...data, event: 'other', time: 'other', sequence: 7 },
    };
    expect(parse(envelope)).toMatchObject({
      payload: JSON.stringify(envelope),
      type: 'ok',
      event: {
        ...event,
        event: 'deployment.rollback',
        time: '2026-11-22T10:00:00.000Z',
        sequence: 7,
      },
    });
  });

  it("keeps the payload's own time where the envelope has none", () => {
    expect(
      parse({
        type: 'deployment.success',
        data: { ...data, time: '2026-11-22T10:00:00Z' },
      }),
    ).toMatchObject({
      event: { time: '2026-11-22T10:00:00.000Z' },
    });
  });

  it('names the fields of an envelope as the sender does', () => {
    expect(
      parse({
        type: 'deployment.unknown',
        timestamp: 'now',
        data: { version: '', metadata: { environment: '-' } },
      }),
    ).toEqual({
      type: 'invalid',
      message: expect.stringMatching(
        /: type: .*; data\.service: .*; data\.version: .*; data\.metadata\.environment: .*; timestamp: /,
      ),
    });
  });

  it.each([{ type: 'deployment.success' }, { data }, { ...data, type: 7 }])(
    'refuses half an envelope: %j',
    value => {
      expect(parse(value).type).toBe('invalid');
    },
  );

  it('leaves alone what is about something else', () => {
    expect(parse({ type: 'invoice.paid', data: {} })).toMatchObject({
      type: 'ignored',
      reason: 'Event "invoice.paid" is not about a deployment',
    });
  });
});
