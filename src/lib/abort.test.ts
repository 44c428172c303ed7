import { abortable } from './abort';

describe('abortable', () => {
  it('gives what the promise gives', async () => {
    const { signal } = new AbortController();

    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(
      abortable(Promise.reject(new Error('no')), signal),
    ).rejects.toThrow('no');
  });

  it('rejects with the reason of the signal when that aborts', async () => {
    const controller = new AbortController();
    const waiting = abortable(new Promise(() => {}), controller.signal);
    controller.abort(new Error('stopped'));

    await expect(waiting).rejects.toThrow('stopped');
  });

  it('rejects at once when the signal is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));

    await expect(abortable(new Promise(() => {}), signal)).rejects.toThrow(
      'stopped',
    );
  });
});
