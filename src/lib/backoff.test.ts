import { backoffDelay, retryDelay } from './backoff';
import { SourceError } from './errors';

const backoff = { initialMs: 60_000, maxMs: 3_600_000 };
const delays = (random: () => number) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map(failures =>
    backoffDelay({ failures, backoff, random }),
  );
const minutes = (values: number[]) => values.map(value => value / 60_000);

describe('backoffDelay', () => {
  it('doubles up to the maximum', () => {
    expect(minutes(delays(() => 1))).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('takes no more than half of it away as jitter', () => {
    expect(minutes(delays(() => 0))).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('stays at the maximum after any number of failures', () => {
    expect(backoffDelay({ failures: 1e6, backoff, random: () => 1 })).toBe(
      3_600_000,
    );
  });
});

describe('retryDelay', () => {
  it.each([
    ['as long as the server asked', 90_000, 90_000],
    ['longer than the server asked', 1_000, 60_000],
  ])('waits %s', (_, retryAfterMs, expected) => {
    const error = new SourceError('429', { code: 'status', retryAfterMs });
    const options = { failures: 1, backoff, random: () => 1 };

    expect(retryDelay(error, options)).toBe(expected);
  });
});
