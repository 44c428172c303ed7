import { RetryLaterError } from '../lib/errors';
import { afterFailure } from './afterFailure';

const now = new Date('2026-11-22T12:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;

/** Of one that failed so often, one second and then twice as long each time. */
const ageAfter = (attempts: number) =>
  (2 ** Math.min(attempts - 1, 16) - 1) * 1000;

const after = (
  attempts: number,
  options: { ageMs?: number; error?: unknown; before?: number },
) =>
  afterFailure({
    delivery: {
      attempts: attempts + (options.before ?? 0),
      attemptsBefore: options.before ?? 0,
      queuedAt: new Date(now.getTime() - (options.ageMs ?? ageAfter(attempts))),
    },
    error: options.error ?? new Error('no'),
    now,
    random: () => 1,
  });
const delayOf = (result: ReturnType<typeof after>) =>
  result.retryAt ? (result.retryAt.getTime() - now.getTime()) / 1000 : null;

/** Seconds from receipt of all attempts, where each fails at once. */
function attemptTimes(random: number): number[] {
  const start = now.getTime();
  const times: number[] = [];
  for (let time = start; times.length < 1000; ) {
    times.push((time - start) / 1000);
    const { retryAt } = afterFailure({
      delivery: {
        attempts: times.length,
        attemptsBefore: 0,
        queuedAt: now,
      },
      error: new Error('no'),
      now: new Date(time),
      random: () => random,
    });
    if (!retryAt) {
      break;
    }
    time = retryAt.getTime();
  }
  return times;
}

describe('afterFailure', () => {
  it('tries again ever later, up to two hours, and says why', () => {
    const attempts = Array.from({ length: 16 }, (_, i) => i + 1);
    expect(attempts.map(n => delayOf(after(n, {})))).toEqual([
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
      ...[7200, 7200, 7200],
    ]);
    expect(after(1, {})).toMatchObject({
      state: 'failed',
      reason: 'Error: no',
    });
  });

  it.each([0, 0.5, 1])(
    'goes on for about a day, with a jitter of %p',
    random => {
      const times = attemptTimes(random);
      const last = times[times.length - 1];
      expect(last).toBeGreaterThanOrEqual(day / 1000);
      expect(last).toBeLessThan((day + 2 * hour) / 1000);
      expect(times.length).toBeLessThan(60);
    },
  );

  it('gives up after a day, though not on what was hardly tried', () => {
    expect(after(5, { ageMs: day })).toEqual({
      state: 'dead',
      reason: 'Error: no',
    });
    expect(after(5, { ageMs: day - 1 }).state).toBe('failed');
    expect(after(4, { ageMs: 3 * day }).state).toBe('failed');
  });

  it('has an end where the clock stands still', () => {
    expect(after(999, { ageMs: 0 }).state).toBe('failed');
    expect(after(1000, { ageMs: 0 }).state).toBe('dead');
  });

  it('begins anew for one that somebody had delivered again', () => {
    expect(delayOf(after(1, { before: 100 }))).toBe(1);
    expect(after(59, { before: 100 }).state).toBe('failed');
  });

  it('tries again when it is asked to', () => {
    const retryAt = new Date('2026-11-22T13:00:00Z');
    const error = new RetryLaterError('busy', { retryAt });
    expect(after(1, { error })).toMatchObject({ state: 'failed', retryAt });
  });

  it.each([undefined, new Date('2026-11-22T11:00:00Z')])(
    'backs off where the time to try again is %p',
    retryAt => {
      const error = new RetryLaterError('busy', { retryAt });
      expect(delayOf(after(3, { error }))).toBe(4);
    },
  );

  it('asks less and less often for what has to wait, and twice a minute at last', () => {
    const error = new RetryLaterError('busy', {
      retryAt: new Date(now.getTime() + 1000),
    });
    const delays = [0, 2, 4, 20, 60, 3600].map(seconds =>
      delayOf(after(1, { error, ageMs: seconds * 1000 })),
    );
    expect(delays).toEqual([1, 1, 2, 10, 30, 30]);
  });

  it('has a failure after many waits be one of few', () => {
    const afterWaits = after(100, { ageMs: 60_000 });
    expect(afterWaits.state).toBe('failed');
    expect(delayOf(afterWaits)).toBe(64);
  });

  it('does not count it against a delivery that it had to wait', () => {
    const error = new RetryLaterError('busy');
    expect(after(500, { error }).state).toBe('failed');
    expect(after(500, { error, ageMs: day }).state).toBe('dead');
  });
});
