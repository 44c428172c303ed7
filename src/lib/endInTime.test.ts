import { endInTime } from './deadline';

describe('endInTime', () => {
  const timeout = new Error('timeout');

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives what comes before the signal, be it an error', async () => {
    const { signal } = new AbortController();
    await expect(endInTime(Promise.resolve(1), signal)).resolves.toBe(1);
    const failing = Promise.reject(new Error('no'));
    await expect(endInTime(failing, signal)).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has what is aborted say why it ends', async () => {
    const controller = new AbortController();
    let fail = (_: Error) => {};
    const failing = new Promise((_, reject) => {
      fail = reject;
    });
    const outcome = endInTime(failing, controller.signal).catch(e => e);
    controller.abort(timeout);
    await jest.advanceTimersByTimeAsync(1_000);
    fail(new Error('the source was slow'));
    expect(await outcome).toEqual(new Error('the source was slow'));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits two seconds for what heeds no signal', async () => {
    const controller = new AbortController();
    const failed = jest.fn();
    const waiting = endInTime(new Promise(() => {}), controller.signal).catch(
      failed,
    );
    controller.abort(timeout);
    await jest.advanceTimersByTimeAsync(1_999);
    expect(failed).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await waiting;
    expect(failed).toHaveBeenCalledWith(timeout);
  });
});
