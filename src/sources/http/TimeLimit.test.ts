import { TimeLimit } from './TimeLimit';

const target = { source: 'services', url: new URL('https://example.com/') };

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const { signal } = new AbortController();
const limitOf = (timeoutMs: number, callers = signal) =>
  new TimeLimit(target, timeoutMs, callers);

describe('TimeLimit', () => {
  it('counts only the time while it is not stopped', () => {
    const limit = limitOf(100);
    for (let turn = 0; turn < 3; turn++) {
      jest.advanceTimersByTime(30);
      limit.stop();
      jest.advanceTimersByTime(1_000_000);
      limit.start();
    }

    jest.advanceTimersByTime(9);
    expect(limit.signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(limit.signal.reason).toMatchObject({ code: 'timeout' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves no timer when it is stopped', () => {
    const limit = limitOf(100);
    expect(jest.getTimerCount()).toBe(1);
    limit.stop();
    limit.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('passes on the reason of the caller', () => {
    const controller = new AbortController();
    const limit = limitOf(100, controller.signal);
    const reason = new Error('The backend shuts down');
    controller.abort(reason);
    expect(limit.signal.reason).toBe(reason);
    limit.stop();
  });
});
