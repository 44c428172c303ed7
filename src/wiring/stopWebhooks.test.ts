import { stopWebhooks } from './stopWebhooks';

describe('stopWebhooks', () => {
  const hangs = () => new Promise<void>(() => {});
  const parts = {
    worker: { prepared: jest.fn() },
    secretUse: { flush: jest.fn() },
    refresher: { flush: jest.fn() },
  };

  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('refreshes once more what was still being prepared', async () => {
    let end = () => {};
    parts.worker.prepared.mockReturnValue(
      new Promise<void>(resolve => {
        end = resolve;
      }),
    );
    const stop = stopWebhooks(parts);
    await jest.advanceTimersByTimeAsync(9_000);
    expect(parts.refresher.flush).not.toHaveBeenCalled();
    end();
    await stop;
    expect(parts.refresher.flush).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends where the database hangs, with what can be done without it', async () => {
    parts.worker.prepared.mockImplementation(hangs);
    parts.refresher.flush.mockImplementation(hangs);
    const stopped = jest.fn();
    const stop = stopWebhooks(parts).then(stopped);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(parts.secretUse.flush).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(stopped).toHaveBeenCalled();
    await stop;
  });

  it('has what cannot be written seen', async () => {
    parts.secretUse.flush.mockRejectedValue(new Error('no database'));
    await expect(stopWebhooks(parts)).rejects.toThrow('no database');
  });
});
