import { parseRetryAfter } from './parseRetryAfter';

const now = new Date('1994-11-06T08:48:37.000Z');
const parse = (value: string) => parseRetryAfter(value, now);

describe('parseRetryAfter', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['-5', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 60_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 60_000],
    ['Sun Nov  6 08:49:37 1994', 60_000],
    ['Sun, 06 Nov 1994 08:48:60 GMT', 23_000],
    ['Sun, 06 Nov 1994 08:47:37 GMT', 0],
    ['Wed, 06 Nov 0094 08:49:37 GMT', 0],
  ])('reads %j as %d ms', (value, expected) => {
    expect(parse(value)).toBe(expected);
  });

  it.each(['86401', '9'.repeat(400), 'Sun, 06 Nov 2044 08:49:37 GMT'])(
    'caps %j at a day',
    value => {
      expect(parse(value)).toBe(86_400_000);
    },
  );

  it('takes a year of two digits within the next 50 years for one to come', () => {
    expect(parse('Sunday, 06-Nov-44 08:49:37 GMT')).toBe(86_400_000);
    expect(parse('Sunday, 06-Nov-45 08:49:37 GMT')).toBe(0);
    expect(
      parseRetryAfter(
        'Friday, 01-Jan-00 00:00:10 GMT',
        new Date('2099-12-31T23:59:50Z'),
      ),
    ).toBe(20_000);
  });

  it.each([
    '',
    '123abc',
    '1.5',
    '1e3',
    '+5',
    '0x10',
    '120, 60',
    'soon',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 nov 1994 08:49:37 GMT',
    'Wed, 30 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
  ])('makes nothing of %j', value => {
    expect(parse(value)).toBeUndefined();
  });
});
