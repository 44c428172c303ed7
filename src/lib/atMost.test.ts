import { atMost } from './deadline';

describe('atMost', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends with the promise, and leaves no timer behind', async () => {
    await expect(atMost(5_000, Promise.resolve('a'))).resolves.toBeUndefined();
    await expect(
      atMost(5_000, Promise.reject(new Error('no'))),
    ).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends in time where the promise does not', async () => {
    const ended = jest.fn();
    const waiting = atMost(5_000, new Promise(() => {})).then(ended);
    await jest.advanceTimersByTimeAsync(4_999);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalled();
    await waiting;
  });
});
