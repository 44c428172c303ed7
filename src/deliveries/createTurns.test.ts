import { RetryLaterError } from '../lib/errors';
import { createTurns } from './createTurns';

const never = new AbortController().signal;

describe('createTurns', () => {
  it('tells how many have their turn soon', async () => {
    const turns = createTurns({ count: 1, waiting: 1, reason: 'busy' });
    expect(turns.room()).toBe(2);
    let end = () => {};
    const first = turns.take(
      () =>
        new Promise<void>(resolve => {
          end = resolve;
        }),
      never,
    );
    const second = turns.take(async () => {
      throw new Error('no');
    }, never);
    expect(turns.room()).toBe(0);
    end();
    await first;
    await expect(second).rejects.toThrow('no');
    expect(turns.room()).toBe(2);
  });

  it('runs nothing that no longer has the time for it', async () => {
    const turns = createTurns({ count: 1, reason: 'busy' });
    const run = jest.fn();
    const late = turns.take(run, AbortSignal.abort());
    await expect(late).rejects.toThrow(RetryLaterError);
    await expect(late).rejects.toThrow('busy');
    expect(run).not.toHaveBeenCalled();
    expect(turns.room()).toBe(Infinity);
  });
});
