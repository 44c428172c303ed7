import { stopWebhooks } from './createWebhooks';

describe('stopWebhooks', () => {
  const hangs = () => new Promise<void>(() => {});
  const parts = {
    worker: { stop: jest.fn() },
    secretUses: { flush: jest.fn() },
  };

  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
    parts.secretUses.flush.mockResolvedValue(undefined);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for the worker to stop', async () => {
    let end = () => {};
    parts.worker.stop.mockReturnValue(
      new Promise<void>(resolve => {
        end = resolve;
      }),
    );
    const stopped = jest.fn();
    const stop = stopWebhooks(parts).then(stopped);
    await jest.advanceTimersByTimeAsync(0);
    expect(parts.secretUses.flush).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
    end();
    await stop;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends where the database hangs', async () => {
    parts.secretUses.flush.mockImplementation(hangs);
    const stopped = jest.fn();
    const stop = stopWebhooks(parts).catch(stopped);
    await jest.advanceTimersByTimeAsync(9_000);
    expect(parts.secretUses.flush).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1_000);
    await stop;
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  it('fails where something could not be written', async () => {
    parts.secretUses.flush.mockRejectedValue(new Error('no database'));
    await expect(stopWebhooks(parts)).rejects.toThrow('no database');
  });
});
