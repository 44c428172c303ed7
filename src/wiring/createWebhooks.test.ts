import { stopWebhooks } from './createWebhooks';

describe('stopWebhooks', () => {
  const hangs = () => new Promise<void>(() => {});
  const parts = {
    worker: { stop: jest.fn() },
    senderControl: { writeUses: jest.fn() },
  };

  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
    parts.senderControl.writeUses.mockResolvedValue(undefined);
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
    expect(parts.senderControl.writeUses).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
    end();
    await stop;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends where the database hangs', async () => {
    parts.senderControl.writeUses.mockImplementation(hangs);
    const stopped = jest.fn();
    const stop = stopWebhooks(parts).catch(stopped);
    await jest.advanceTimersByTimeAsync(9_000);
    expect(parts.senderControl.writeUses).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1_000);
    await stop;
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  it('fails where something could not be written', async () => {
    parts.senderControl.writeUses.mockRejectedValue(new Error('no database'));
    await expect(stopWebhooks(parts)).rejects.toThrow('no database');
  });
});
