import { parseRateLimit, parseRetryAfter, waitOf } from './statusError';

describe('parseRetryAfter', () => {
  const now = new Date('1994-11-06T08:48:37.000Z');
  const parse = (value: string) => parseRetryAfter(value, now);

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['-5', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 60_000],
    ['Sun, 06 Nov 1994 08:47:37 GMT', 0],
  ])('reads %j as %d ms', (value, expected) => {
    expect(parse(value)).toBe(expected);
  });

  it.each(['86401', '9'.repeat(400), 'Sun, 06 Nov 2044 08:49:37 GMT'])(
    'caps %j at a day',
    value => {
      expect(parse(value)).toBe(86_400_000);
    },
  );

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
    'Mon, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Invalid Date',
  ])('ignores %j', value => {
    expect(parse(value)).toBeUndefined();
  });
});

const NOW = new Date('2026-01-02T03:04:05.250Z');
const SECONDS = Math.floor(NOW.getTime() / 1000);

function wait(status: number, headers: Record<string, string>) {
  return parseRateLimit({ status, headers: new Headers(headers) }, NOW);
}

describe('parseRateLimit', () => {
  it.each([
    ['RateLimit-Reset', '30', 30_000],
    ['X-RateLimit-Reset', '30', 30_000],
    ['RateLimit-Reset', '0', 0],
    ['X-RateLimit-Reset', '0.5', 500],
    ['X-RateLimit-Reset', String(SECONDS + 60), 59_750],
    ['X-RateLimit-Reset', String((SECONDS + 60) * 1000), 59_750],
    ['X-RateLimit-Reset', String(SECONDS - 60), 0],
    ['RateLimit-Reset', '999999999', 86_400_000],
    ['RateLimit-Reset', '-5', undefined],
    ['RateLimit-Reset', 'soon', undefined],
    ['RateLimit-Reset', '', undefined],
  ])('reads %s: %s', (name, value, expected) => {
    expect(wait(429, { [name]: value })).toBe(expected);
  });

  it('prefers the standard header', () => {
    expect(
      wait(429, { 'ratelimit-reset': '1', 'x-ratelimit-reset': '9' }),
    ).toBe(1000);
  });

  it.each([
    [403, '0', 7000],
    [403, '1', undefined],
    [403, undefined, undefined],
    [503, '0', 7000],
    [200, '0', 7000],
    [200, '1', undefined],
  ])('with %d and %s remaining gives %s', (status, remaining, expected) => {
    for (const prefix of ['', 'x-']) {
      expect(
        wait(status, {
          [`${prefix}ratelimit-reset`]: '7',
          ...(remaining && { [`${prefix}ratelimit-remaining`]: remaining }),
        }),
      ).toBe(expected);
    }
  });

  it('gives nothing if no header says when', () => {
    expect(wait(429, { 'ratelimit-remaining': '0' })).toBeUndefined();
  });
});

describe('waitOf', () => {
  const waitAt = (status: number, headers: Record<string, string>) =>
    waitOf({ status, headers: new Headers(headers) }, NOW);

  it.each([200, 304, 404, 500])('counts at status %d', status => {
    const rateLimit = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '9',
    };
    expect(waitAt(status, { 'retry-after': '300' })).toBe(300_000);
    expect(waitAt(status, rateLimit)).toBe(9000);
    expect(waitAt(status, { 'x-ratelimit-delay': '1.25' })).toBe(1250);
    expect(waitAt(status, { ...rateLimit, 'retry-after': '2' })).toBe(2000);
    expect(waitAt(status, {})).toBeUndefined();
  });

  it('is at most 24 hours', () => {
    expect(waitAt(200, { 'retry-after': '9999999' })).toBe(86_400_000);
    expect(waitAt(200, { 'x-ratelimit-delay': '9999999' })).toBe(86_400_000);
  });
});
