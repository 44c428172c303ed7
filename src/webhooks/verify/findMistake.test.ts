import crypto from 'node:crypto';
import { findMistake } from './findMistake';
import { signBody } from './verifySignature';

const body = Buffer.from('{"event":"deployment.success"}');
const NEWLINE = Buffer.from('\n');
const key = Buffer.from('0123456789abcdef');
const secrets = [
  { id: 'other', key: Buffer.from('another secret of it') },
  { id: 'one', key },
];

function mistakeOf(options: {
  signed: string;
  sent?: Buffer;
  prefix?: string;
  signedPrefix?: string;
}) {
  const { signed, sent = body, prefix = '', signedPrefix = prefix } = options;
  const mac = signBody({
    key,
    prefix: signedPrefix,
    body: Buffer.from(signed),
  });
  return findMistake({ body: sent, prefix, macs: [mac], secrets, rounds: 2 });
}

describe('findMistake', () => {
  it.each(['', 'v1:1700000000.run-1.'])(
    'knows the usual ones after %p',
    prefix => {
      expect(mistakeOf({ prefix, signed: `${body}\n` })).toBe(
        'trailing-newline-signed',
      );
      expect(mistakeOf({ prefix, signed: '${PAYLOAD}' })).toBe(
        'literal-placeholder-signed',
      );
      expect(mistakeOf({ prefix, signed: '' })).toBe('empty-body-signed');
      for (const newline of ['\n', '\r\n']) {
        const sent = Buffer.concat([body, Buffer.from(newline)]);
        expect(mistakeOf({ prefix, signed: String(body), sent })).toBe(
          'trailing-newline-not-signed',
        );
      }
    },
  );

  it.each([
    ['{\r\n}\r\n', '{\n}\n', 'line-breaks-changed'],
    ['{\n}', '{\r\n}', 'line-breaks-changed'],
    ['{"a":1}', '{\n"a":1\r\n}\n', 'line-breaks-changed'],
    ['{\n}', '{\n}\n\n\n', 'trailing-newline-not-signed'],
    ['\ufeff{}', '{}', 'byte-order-mark-changed'],
    ['{}', '\ufeff{}', 'byte-order-mark-changed'],
    ['{}\r\n', '{}', 'trailing-newline-signed'],
  ])('knows that %j was signed and %j came', (signed, sent, code) => {
    expect(mistakeOf({ signed, sent: Buffer.from(sent) })).toBe(code);
  });

  it.each(['${PAYLOAD}', String(body)])(
    'knows %p signed with a secret that the shell did not fill in',
    signed => {
      const mac = signBody({
        key: Buffer.from('${WEBHOOK_SECRET}'),
        prefix: '',
        body: Buffer.from(signed),
      });
      expect(
        findMistake({ body, prefix: '', macs: [mac], secrets, rounds: 2 }),
      ).toBe('literal-placeholder-signed');
    },
  );

  it('knows a body that was signed without the time', () => {
    expect(
      mistakeOf({ prefix: 'v1:1.a.', signedPrefix: '', signed: String(body) }),
    ).toBe('timestamp-not-signed');
  });

  it('knows nothing of any other', () => {
    expect(mistakeOf({ signed: 'something else' })).toBeUndefined();
    expect(
      findMistake({ body, prefix: '', macs: [], secrets, rounds: 2 }),
    ).toBeUndefined();
  });

  it('does not look into a body that is larger than most', () => {
    const sent = Buffer.alloc(32_000, 'x');
    expect(mistakeOf({ signed: '', sent })).toBe('empty-body-signed');
    const larger = Buffer.alloc(32_001, 'x');
    expect(mistakeOf({ signed: '', sent: larger })).toBeUndefined();
  });

  it('costs as much for whoever has fewer secrets, or none, or signs nothing', () => {
    const mac = signBody({ key, body: NEWLINE });
    const placeholder = signBody({
      key: Buffer.from('${WEBHOOK_SECRET}'),
      body,
    });
    const costs = [
      { secrets, macs: [Buffer.alloc(32)] },
      { secrets: secrets.slice(1), macs: [mac] },
      { secrets: [], macs: [placeholder] },
      { secrets: [], macs: [] },
    ].map(signed => {
      const hmac = jest.spyOn(crypto, 'createHmac');
      const update = jest.spyOn(crypto.Hmac.prototype, 'update');
      findMistake({ body, prefix: '', rounds: 2, ...signed });
      const bytes = update.mock.calls.map(([data]) => Buffer.byteLength(data));
      const hmacs = hmac.mock.calls.length;
      update.mockRestore();
      hmac.mockRestore();
      return { hmacs, bytes };
    });
    costs.forEach(cost => expect(cost).toEqual(costs[0]));
    expect(costs[0].hmacs).toBe(24);
  });
});
