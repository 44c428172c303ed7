import { findMistake } from './findMistake';
import { signBody } from './signBody';

const body = Buffer.from('{"event":"deployment.success"}');
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
  return findMistake({ body: sent, prefix, macs: [mac], secrets });
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

  it.each(['${PAYLOAD}', String(body)])(
    'knows %p signed with the placeholder of the secret, as in the article',
    signed => {
      const mac = signBody({
        key: Buffer.from('${WEBHOOK_SECRET}'),
        prefix: '',
        body: Buffer.from(signed),
      });
      expect(findMistake({ body, prefix: '', macs: [mac], secrets })).toBe(
        'literal-placeholder-signed',
      );
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
      findMistake({ body, prefix: '', macs: [], secrets }),
    ).toBeUndefined();
  });

  it('does not look into a body that is larger than most', () => {
    const sent = Buffer.alloc(1_000_001, 'x');
    expect(mistakeOf({ signed: '', sent })).toBeUndefined();
  });
});
