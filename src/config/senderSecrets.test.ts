import { formatKey, parse } from './fault';
import { senderSecrets } from './senderSecrets';

const secret = 'a-secret-of-length';
const whsec = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

function read(value: unknown, dialect: 'catalog' | 'standard-webhooks') {
  return parse(senderSecrets(dialect), value, ['secrets']);
}

function faultsOf(value: unknown, dialect: 'catalog' | 'standard-webhooks') {
  const parsed = read(value, dialect);
  const faults = parsed.type === 'faulty' ? parsed.faults : [];
  return faults.map(({ path, reason }) => `${formatKey(path)}: ${reason}`);
}

describe('senderSecrets', () => {
  it('takes the bytes of a text, whatever it looks like', () => {
    expect(read([{ id: 'one', secret: whsec }], 'catalog')).toEqual({
      type: 'ok',
      value: [{ id: 'one', key: Buffer.from(whsec, 'utf8') }],
    });
  });

  it('takes the bytes that the base64 of Standard Webhooks stands for', () => {
    expect(read([{ id: 'one', secret: whsec }], 'standard-webhooks')).toEqual({
      type: 'ok',
      value: [{ id: 'one', key: Buffer.alloc(32, 1) }],
    });
  });

  it('reads when a secret is good', () => {
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

  it('has no fault to find with a secret whose time is over', () => {
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
    'refuses a secret that is good from 2027-02-01 and no longer on %s',
    notAfter => {
      const never = { id: 'a', secret, notBefore: '2027-02-01', notAfter };
      expect(faultsOf([never], 'catalog')).toEqual([
        'secrets[0].notAfter: is not later than notBefore, so that the secret would never be good',
      ]);
    },
  );

  it('refuses one secret under two ids, also where it is spelled in two ways', () => {
    const twice = [
      { id: 'one', secret: whsec },
      { id: 'two', secret: whsec.replace('whsec_', '') },
    ];
    expect(faultsOf(twice, 'standard-webhooks')).toEqual([
      'secrets[1].secret: is the same as that of "one"; make a new one, or remove one of the two',
    ]);
    expect(read(twice, 'catalog').type).toBe('ok');
  });

  it('tells a text apart from a secret of Standard Webhooks, without quoting it', () => {
    const [fault] = faultsOf([{ id: 'a', secret }], 'standard-webhooks');
    expect(fault).toContain('secrets[0].secret: is not base64');
    expect(fault).not.toContain(secret);
  });
});
