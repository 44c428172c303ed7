import { verifyPassword, verifyTokenSecret } from './verifySecret';

const now = new Date('2026-11-22T12:00:00Z');
const text = 'correct: horse battery staple';
const one = { id: 'one', key: Buffer.from(text) };
const other = { id: 'other', key: Buffer.from('another secret') };
const empty = { id: 'empty', key: Buffer.alloc(0) };

const rejected = (code: string) => ({ type: 'rejected', code });
const verified = { type: 'verified', secretId: 'one' };

describe.each([
  ['verifyTokenSecret', verifyTokenSecret, (secret: string) => secret],
  [
    'verifyPassword',
    verifyPassword,
    (secret: string) =>
      `Basic ${Buffer.from(`anybody:${secret}`).toString('base64')}`,
  ],
])('%s', (_, verify, write) => {
  const check = (values: string[], secrets: object[] = [other, one]) =>
    verify({ values, secrets: secrets as (typeof one)[], now });

  it('takes any of the secrets, and says which', () => {
    expect(check([write(text)])).toEqual(verified);
  });

  it.each([
    ['secret-missing', []],
    ['secret-missing', [write('')]],
    ['secret-wrong', [write('a wrong secret')]],
    ['secret-wrong', [write(`${text} `)]],
    ['secret-wrong', [write(text.slice(1))]],
    ['secret-repeated', [write(text), write(text)]],
  ])('is %s: %#', (code, values) => {
    expect(check(values)).toEqual(rejected(code));
  });

  it('does not take an empty secret for one', () => {
    expect(check([write('')], [empty])).toEqual(rejected('secret-missing'));
    expect(check([write('x')], [empty])).toEqual(rejected('secret-wrong'));
    expect(check([write('x')], [])).toEqual(rejected('secret-wrong'));
  });

  it.each([
    ['secret-expired', { notAfter: now }],
    ['secret-not-yet-valid', { notBefore: new Date(+now + 1) }],
  ])('does not take one out of its time: %s', (code, times) => {
    expect(check([write(text)], [{ ...one, ...times }])).toEqual(
      rejected(code),
    );
    expect(check([write('x')], [{ ...one, ...times }])).toEqual(
      rejected('secret-wrong'),
    );
    const both = [{ ...one, ...times, id: 'old' }, one];
    expect(check([write(text)], both)).toEqual(verified);
  });
});

describe('verifyTokenSecret', () => {
  it('takes a bearer token', () => {
    const values = [`Bearer ${text}`];
    expect(verifyTokenSecret({ values, secrets: [one], now })).toEqual(
      verified,
    );
  });
});

describe('verifyPassword', () => {
  it.each([
    text,
    `Bearer ${text}`,
    `Basic ${text}`,
    `Basic ${Buffer.from(text).toString('base64')}x`,
  ])('takes nothing else: %s', value => {
    const result = verifyPassword({ values: [value], secrets: [one], now });
    expect(result.type).toBe('rejected');
  });
});
