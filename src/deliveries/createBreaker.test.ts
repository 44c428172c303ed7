import { RetryLaterError } from '../lib/errors';
import { createBreaker } from './createBreaker';

describe('createBreaker', () => {
  let time: number;
  const setUp = () => {
    time = Date.parse('2026-11-22T12:00:00Z');
    return createBreaker({
      failures: 3,
      restMs: 5_000,
      reason: 'left alone',
      now: () => new Date(time),
    });
  };
  const fail = async () => {
    throw new Error('no');
  };
  const succeed = async () => 'yes';

  it('lets nothing through for a while after failures in a row', async () => {
    const breaker = setUp();
    for (let i = 0; i < 3; i++) {
      await expect(breaker(fail)).rejects.toThrow('no');
    }
    const run = jest.fn(succeed);
    await expect(breaker(run)).rejects.toThrow(RetryLaterError);
    time += 4_999;
    await expect(breaker(run)).rejects.toThrow('left alone');
    expect(run).not.toHaveBeenCalled();
    time += 1;
    await expect(breaker(run)).resolves.toBe('yes');
    await expect(breaker(run)).resolves.toBe('yes');
  });

  it('does not mind failures with a success between them', async () => {
    const breaker = setUp();
    for (let i = 0; i < 3; i++) {
      await expect(breaker(fail)).rejects.toThrow('no');
      await expect(breaker(fail)).rejects.toThrow('no');
      await expect(breaker(succeed)).resolves.toBe('yes');
    }
  });

  it('lets one try after a rest, and rests again where that fails', async () => {
    const breaker = setUp();
    await Promise.allSettled([fail, fail, fail].map(run => breaker(run)));
    time += 5_000;
    let end = (_: Error) => {};
    const trial = breaker(
      () =>
        new Promise((_, reject) => {
          end = reject;
        }),
    );
    await expect(breaker(succeed)).rejects.toThrow('left alone');
    end(new Error('still not'));
    await expect(trial).rejects.toThrow('still not');
    time += 4_999;
    await expect(breaker(succeed)).rejects.toThrow('left alone');
  });
});
