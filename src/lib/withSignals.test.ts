import { withSignals } from './deadline';

const aborted = (signal: AbortSignal) =>
  new Promise<unknown>(resolve => {
    if (signal.aborted) {
      resolve(signal.reason);
    }
    signal.addEventListener('abort', () => resolve(signal.reason));
  });

describe('withSignals', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives what it runs, with a signal that is not aborted', async () => {
    const { signal } = new AbortController();
    await expect(
      withSignals({ signals: [signal] }, async limited => limited.aborted),
    ).resolves.toBe(false);
  });

  it.each([0, 1])('aborts with signal %p', async index => {
    const controllers = [new AbortController(), new AbortController()];
    const signals = controllers.map(({ signal }) => signal);
    const run = withSignals({ signals }, aborted);
    controllers[index].abort();
    await expect(run).resolves.toHaveProperty('name', 'AbortError');
  });

  it('is aborted from the start where a signal is', async () => {
    await expect(
      withSignals({ signals: [AbortSignal.abort()] }, async s => s.aborted),
    ).resolves.toBe(true);
  });

  it('aborts at the deadline and says so', async () => {
    jest.useFakeTimers();
    const run = withSignals({ signals: [], deadlineMs: 45_000 }, aborted);
    await jest.advanceTimersByTimeAsync(44_999);
    const first = await Promise.race([run, Promise.resolve('not yet')]);
    expect(first).toBe('not yet');
    await jest.advanceTimersByTimeAsync(1);
    await expect(run).resolves.toEqual(new Error('Took over 45000 ms'));
  });

  it('says at the deadline what it is given to say', async () => {
    jest.useFakeTimers();
    const options = { signals: [], deadlineMs: 1, reason: 'no answer' };
    const run = withSignals(options, aborted);
    await jest.advanceTimersByTimeAsync(1);
    await expect(run).resolves.toEqual(new Error('no answer'));
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const add = jest.spyOn(signal, 'addEventListener');
    const remove = jest.spyOn(signal, 'removeEventListener');
    await withSignals({ signals: [signal] }, async () => {
      throw new Error('no');
    }).catch(() => {});
    expect(remove.mock.calls).toEqual(add.mock.calls);
  });
});
