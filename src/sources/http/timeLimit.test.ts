import { type Countdown, withTimeLimit } from './timeLimit';

const target = { source: 'services', url: new URL('https://example.com/') };

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Runs until the signal aborts, with a countdown to play with. */
function start(timeoutMs: number) {
  let countdown!: Countdown;
  const outcome = withTimeLimit(
    { target, timeoutMs, signal: new AbortController().signal },
    (signal, given) =>
      new Promise<never>((_, reject) => {
        countdown = given;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  ).catch(error => error.code);
  return { countdown, outcome };
}

describe('withTimeLimit', () => {
  it('counts what passes while its countdown runs, and nothing else', async () => {
    const { countdown, outcome } = start(100);
    for (let turn = 0; turn < 3; turn++) {
      jest.advanceTimersByTime(30);
      countdown.pause();
      jest.advanceTimersByTime(1_000_000);
      countdown.resume();
    }
    expect(jest.getTimerCount()).toBe(1);

    jest.advanceTimersByTime(9);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(jest.getTimerCount()).toBe(0);
    await expect(outcome).resolves.toBe('timeout');
  });

  it('leaves no timer behind', async () => {
    await withTimeLimit(
      { target, timeoutMs: 100, signal: new AbortController().signal },
      async () => {},
    );
    expect(jest.getTimerCount()).toBe(0);
  });
});
