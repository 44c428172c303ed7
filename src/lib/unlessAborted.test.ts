import { unlessAborted } from './deadline';

describe('unlessAborted', () => {
  it('gives what the promise gives', async () => {
    const { signal } = new AbortController();

    await expect(unlessAborted(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(
      unlessAborted(Promise.reject(new Error('no')), signal),
    ).rejects.toThrow('no');
  });

  it('does not wait any longer once it is aborted', async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(new Promise(() => {}), controller.signal);
    controller.abort(new Error('stopped'));

    await expect(waiting).rejects.toThrow('stopped');
  });

  it('does not begin to wait where it is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));

    await expect(unlessAborted(new Promise(() => {}), signal)).rejects.toThrow(
      'stopped',
    );
  });
});
