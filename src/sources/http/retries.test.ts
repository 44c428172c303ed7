import { SourceError, type SourceErrorCode } from '../../lib/errors';
import { NOW, rejection } from '../__testUtils__/fetchFrom';
import {
  isTransient,
  type RetryOptions,
  sleepUnlessAborted,
  withRetries,
} from './retries';

function failure(
  options: {
    code?: SourceErrorCode;
    status?: number;
    retryAfterMs?: number;
    cause?: unknown;
  } = {},
) {
  return new SourceError('failed', { code: 'status', status: 503, ...options });
}

/** Fails with these errors, one in each try, and collects the waits between. */
async function run(
  errors: unknown[],
  options: Partial<RetryOptions> & { timeLimitMs?: number } = {},
) {
  let time = NOW.getTime();
  const waits: number[] = [];
  const left = [...errors];
  const outcome = await withRetries(
    {
      retries: 3,
      deadline: time + (options.timeLimitMs ?? 3_600_000),
      signal: new AbortController().signal,
      now: () => new Date(time),
      random: () => 1,
      sleep: async ms => {
        waits.push(ms);
        time += ms;
      },
      ...options,
    },
    async () => {
      if (left.length > 0) {
        throw left.shift();
      }
      return 'done';
    },
  ).catch(error => error);
  return { outcome, waits, tries: errors.length - left.length };
}

const failures = (count: number) =>
  Array.from({ length: count }, () => failure());

describe('withRetries', () => {
  it('does not wait after a success', async () => {
    await expect(run([])).resolves.toEqual({
      outcome: 'done',
      waits: [],
      tries: 0,
    });
  });

  it('takes at most four tries, and throws the last error', async () => {
    const last = failure({ status: 502 });
    const { outcome, waits, tries } = await run([
      ...failures(3),
      last,
      'never',
    ]);
    expect(outcome).toBe(last);
    expect(waits).toEqual([1500, 4500, 13_500]);
    expect(tries).toBe(4);
  });

  it.each([
    ['least', 0, [500, 500, 500, 500, 500, 500]],
    ['half', 0.5, [1000, 1750, 2875, 4563, 7095, 10_893]],
    ['most', 1, [1500, 4500, 13_500, 30_000, 30_000, 30_000]],
  ])(
    'waits, at %s, between 500 ms and three times the wait before',
    async (_, value, expected) => {
      const { outcome, waits } = await run(failures(6), {
        retries: 6,
        random: () => value,
      });
      expect(outcome).toBe('done');
      expect(waits).toEqual(expected);
    },
  );

  it('tries once if retries are off', async () => {
    const { waits, tries } = await run(failures(2), { retries: 0 });
    expect([waits, tries]).toEqual([[], 1]);
  });

  it('waits as long as the server asks, and not less than without that', async () => {
    const { outcome, waits } = await run([
      failure({ retryAfterMs: 20_000 }),
      failure({ retryAfterMs: 0 }),
      failure({ retryAfterMs: 1000 }),
    ]);
    expect(outcome).toBe('done');
    expect(waits).toEqual([20_000, 4500, 13_500]);
  });

  it('throws at once if the wait that the server asks for is too long', async () => {
    const error = failure({ status: 429, retryAfterMs: 60_000 });
    const { outcome, waits, tries } = await run([error], {
      timeLimitMs: 60_000,
    });
    expect(outcome).toBe(error);
    expect([waits, tries]).toEqual([[], 1]);
  });

  it('counts earlier waits against the deadline', async () => {
    const { outcome, waits } = await run(failures(4), { timeLimitMs: 6001 });
    expect(outcome).toBeInstanceOf(SourceError);
    expect(waits).toEqual([1500, 4500]);
  });

  it('stops waiting when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('The backend shuts down');
    const promise = run([failure({ retryAfterMs: 3_000_000 })], {
      signal: controller.signal,
      sleep: (ms, signal) => {
        setImmediate(() => controller.abort(reason));
        return sleepUnlessAborted(ms, signal);
      },
    });
    expect((await promise).outcome).toBe(reason);
  });

  it('does not retry under an aborted signal', async () => {
    const error = failure();
    const { outcome, waits } = await run([error], {
      signal: AbortSignal.abort(),
    });
    expect(outcome).toBe(error);
    expect(waits).toEqual([]);
  });
});

describe('isTransient', () => {
  it.each([
    ...[408, 429, 500, 502, 503, 504, 520, 524].map(status => ({ status })),
    { status: 403, retryAfterMs: 0 },
    { code: 'timeout' as const, status: undefined },
    { code: 'network' as const, status: undefined, cause: new Error('reset') },
  ])('retries %j', options => {
    expect(isTransient(failure(options))).toBe(true);
  });

  it.each([
    ...[200, 204, 304, 400, 401, 403, 404, 410, 501, 505].map(status => ({
      status,
    })),
    { code: 'network' as const, status: undefined },
    { code: 'malformed' as const, status: undefined },
    { code: 'content-type' as const, status: undefined },
    { code: 'redirect' as const, status: 302 },
    { code: 'pagination' as const, status: undefined },
  ])('does not retry %j', options => {
    expect(isTransient(failure(options))).toBe(false);
  });

  it('does not retry other errors', () => {
    expect(isTransient(new Error('bug'))).toBe(false);
  });
});

describe('sleepUnlessAborted', () => {
  it('throws the reason of a signal that is aborted already', async () => {
    const reason = new Error('stop');
    await expect(
      rejection(sleepUnlessAborted(3_000_000, AbortSignal.abort(reason))),
    ).resolves.toBe(reason);
  });
});
