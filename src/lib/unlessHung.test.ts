import { unlessHung } from './deadline';

describe('unlessHung', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives what is answered in time', async () => {
    await expect(unlessHung(async () => 1)).resolves.toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails after 30 seconds without an answer, and says what to look at', async () => {
    const failed = jest.fn();
    const waiting = unlessHung(() => new Promise(() => {})).catch(failed);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(failed).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await waiting;
    expect(failed).toHaveBeenCalledWith(
      new Error(
        'The database did not answer within 30 seconds; see whether it is well',
      ),
    );
  });
});
