import { RetryLaterError } from '../model/errors';
import { afterFailure } from './afterFailure';

const now = new Date('2026-11-22T12:00:00Z');
const after = (
  attempts: number,
  options: { ageMs?: number; error?: unknown },
) =>
  afterFailure({
    delivery: {
      attempts,
      receivedAt: new Date(now.getTime() - (options.ageMs ?? 0)),
    },
    error: options.error ?? new Error('no'),
    now,
    random: () => 1,
  });
const delayOf = (result: ReturnType<typeof after>) =>
  result.type === 'retry' ? (result.at.getTime() - now.getTime()) / 1000 : null;

const day = 24 * 3_600_000;

describe('afterFailure', () => {
  it('tries again ever later, then gives up', () => {
    const attempts = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(attempts.map(n => delayOf(after(n, {})))).toEqual([
      1,
      2,
      4,
      8,
      16,
      32,
      64,
      128,
      256,
      512,
      ...Array(9).fill(900),
      null,
    ]);
  });

  it('tries again when it is asked to', () => {
    const retryAt = new Date('2026-11-22T13:00:00Z');
    expect(
      after(1, { error: new RetryLaterError('busy', { retryAt }) }),
    ).toEqual({ type: 'retry', at: retryAt });
  });

  it.each([undefined, new Date('2026-11-22T11:00:00Z')])(
    'backs off where the time to try again is %p',
    retryAt => {
      const error = new RetryLaterError('busy', { retryAt });
      expect(delayOf(after(3, { error }))).toBe(4);
    },
  );

  it('does not count it against a delivery that it had to wait', () => {
    const error = new RetryLaterError('busy');
    expect(after(500, { error }).type).toBe('retry');
    expect(after(500, { error, ageMs: day }).type).toBe('give-up');
  });

  it('gives up after a day, though not on what was hardly tried', () => {
    expect(after(5, { ageMs: day }).type).toBe('give-up');
    expect(after(5, { ageMs: day - 1 }).type).toBe('retry');
    expect(after(4, { ageMs: 3 * day }).type).toBe('retry');
  });
});
