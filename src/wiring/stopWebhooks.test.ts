import { stopWebhooks } from './stopWebhooks';

describe('stopWebhooks', () => {
  const hangs = () => new Promise<void>(() => {});
  const parts = {
    worker: { prepared: jest.fn() },
    secretUses: { flush: jest.fn() },
  };

  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for what is still being recorded', async () => {
    let end = () => {};
    parts.worker.prepared.mockReturnValue(
      new Promise<void>(resolve => {
        end = resolve;
      }),
    );
    const stopped = jest.fn();
    const stop = stopWebhooks(parts).then(stopped);
    await jest.advanceTimersByTimeAsync(9_000);
    expect(stopped).not.toHaveBeenCalled();
    end();
    await stop;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends where the database hangs', async () => {
    parts.worker.prepared.mockImplementation(hangs);
    parts.secretUses.flush.mockImplementation(hangs);
    const stopped = jest.fn();
    const stop = stopWebhooks(parts).then(stopped);
    await jest.advanceTimersByTimeAsync(9_000);
    expect(parts.secretUses.flush).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1_000);
    await stop;
    expect(stopped).toHaveBeenCalled();
  });

  it('fails where something could not be written', async () => {
    parts.secretUses.flush.mockRejectedValue(new Error('no database'));
    await expect(stopWebhooks(parts)).rejects.toThrow('no database');
  });
});
