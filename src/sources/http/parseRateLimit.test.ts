import { parseRateLimit } from './parseRateLimit';

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

  it('takes the standard header rather than the old one', () => {
    expect(
      wait(429, { 'ratelimit-reset': '1', 'x-ratelimit-reset': '9' }),
    ).toBe(1000);
  });

  it.each([
    [403, '0', 7000],
    [403, '1', undefined],
    [403, undefined, undefined],
    [503, '0', undefined],
    [200, '0', undefined],
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

  it('asks for nothing where no header says when', () => {
    expect(wait(429, { 'ratelimit-remaining': '0' })).toBeUndefined();
  });
});
