import { randomBytes } from 'node:crypto';
import { formatKey, parse } from './messages';
import { readWebhookSecret, secretList, textKey, webhookKey } from './secrets';

const KEYS = { catalog: textKey, 'standard-webhooks': webhookKey };
const secret = 'a-secret-of-length';
const whsec = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

function read(value: unknown, dialect: keyof typeof KEYS) {
  return parse(secretList(KEYS[dialect]), value, ['secrets']);
}

function faultsOf(value: unknown, dialect: keyof typeof KEYS) {
  const parsed = read(value, dialect);
  const faults = parsed.type === 'faulty' ? parsed.faults : [];
  return faults.map(({ path, reason }) => `${formatKey(path)}: ${reason}`);
}

describe('secretList', () => {
  it('uses the bytes of a text as the key, even if it looks like base64', () => {
    expect(read([{ id: 'one', secret: whsec }], 'catalog')).toEqual({
      type: 'ok',
      value: [{ id: 'one', key: Buffer.from(whsec, 'utf8') }],
    });
  });

  it('decodes the base64 of Standard Webhooks', () => {
    expect(read([{ id: 'one', secret: whsec }], 'standard-webhooks')).toEqual({
      type: 'ok',
      value: [{ id: 'one', key: Buffer.alloc(32, 1) }],
    });
  });

  it('reads when a secret is valid', () => {
    const dates = {
      notBefore: '2026-10-01T06:00:00+02:00',
      notAfter: '2027-02-01',
      rotateBy: '2027-01-15T00:00:00Z',
    };
    expect(read([{ id: 'one', secret, ...dates }], 'catalog')).toMatchObject({
      value: [
        {
          notBefore: new Date('2026-10-01T04:00:00.000Z'),
          notAfter: new Date('2027-02-01T00:00:00.000Z'),
          rotateBy: new Date('2027-01-15T00:00:00.000Z'),
        },
      ],
    });
  });

  it.each([
    ['catalog' as const, secret],
    ['standard-webhooks' as const, whsec],
  ])(
    'says how YAML adds no line break to a secret, of %s',
    (dialect, value) => {
      for (const odd of [`${value}\n`, `${value} `, `\t${value}`]) {
        const faults = faultsOf([{ id: 'a', secret: odd }], dialect);
        expect(faults).toEqual([
          expect.stringMatching(/^secrets\[0\]\.secret: has a blank .* "\|-"/),
        ]);
        expect(faults[0]).not.toContain(value);
      }
    },
  );

  it('accepts a secret that has expired', () => {
    const over = { id: 'one', secret, notAfter: '2001-01-01' };
    expect(read([over], 'catalog').type).toBe('ok');
  });

  it('counts the bytes of a text, not its characters', () => {
    const short = [{ id: 'a', secret: 'ä'.repeat(8) }];
    expect(read(short, 'catalog').type).toBe('ok');
  });

  it.each([
    '2027-02-30',
    '2027-01-31T12:00:00',
    '2027-01-31 12:00:00',
    '31.01.2027',
    'tomorrow',
    '',
    20270131,
    {},
  ])('refuses %j for a date, and does not quote it', value => {
    const faults = faultsOf([{ id: 'a', secret, rotateBy: value }], 'catalog');
    expect(faults).toEqual([
      expect.stringMatching(
        /^secrets\[0\]\.rotateBy: (is not a date, such as 2027-01-31|must be a string|is empty)/,
      ),
    ]);
    expect(faults[0]).not.toContain('2027-02-30');
  });

  it.each(['2027-01-31', '2027-02-01'])(
    'refuses a secret that is valid from 2027-02-01 and expires on %s',
    notAfter => {
      const never = { id: 'a', secret, notBefore: '2027-02-01', notAfter };
      expect(faultsOf([never], 'catalog')).toEqual([
        'secrets[0].notAfter: is not later than notBefore, so that the secret would never be valid',
      ]);
    },
  );

  it('refuses one secret under two ids, even if it is written in two ways', () => {
    const twice = [
      { id: 'one', secret: whsec },
      { id: 'two', secret: whsec.replace('whsec_', '') },
    ];
    expect(faultsOf(twice, 'standard-webhooks')).toEqual([
      'secrets[1].secret: is the same as that of "one"; make a new one, or remove one of the two',
    ]);
    expect(read(twice, 'catalog').type).toBe('ok');
  });

  it('refuses a text as a secret of Standard Webhooks, without quoting it', () => {
    const [fault] = faultsOf([{ id: 'a', secret }], 'standard-webhooks');
    expect(fault).toContain('secrets[0].secret: is not base64');
    expect(fault).not.toContain(secret);
  });
});

const base64 = (bytes: number) => Buffer.alloc(bytes, 0xfb).toString('base64');

describe('readWebhookSecret', () => {
  it.each(['', 'whsec_'])('reads base64 after "%s"', prefix => {
    const key = randomBytes(32);
    expect(readWebhookSecret(prefix + key.toString('base64'))).toEqual(key);
  });

  it.each([24, 25, 26, 64])('takes %d bytes', bytes => {
    expect(readWebhookSecret(base64(bytes))).toHaveLength(bytes);
  });

  it.each([0, 23, 65])('refuses %d bytes', bytes => {
    expect(readWebhookSecret(`whsec_${base64(bytes)}`)).toContain(
      `decodes to ${bytes} bytes, not 24 to 64; echo "whsec_$(openssl`,
    );
  });

  it.each([
    ['without its padding', base64(32).replace('=', '')],
    ['with more padding', `${base64(32)}=`],
    ['in the alphabet of URLs', base64(33).replace(/\+/g, '-')],
    ['with bits behind its end', `${'A'.repeat(42)}B=`],
    ['with a line break', `${base64(32)}\n`],
    ['with a blank', ` ${base64(32)}`],
    ['with a character that base64 lacks', `*${base64(32)}`],
    ['with the prefix in upper case', `WHSEC_${base64(33)}`],
    ['with the prefix twice', `whsec_whsec_${base64(33)}`],
  ])('refuses base64 %s', (_, value) => {
    expect(readWebhookSecret(value)).toMatch(/^is not base64 \(RFC 4648/);
  });
});
