import { mockServices } from '@backstage/backend-test-utils';
import { createSecondRefresh } from './createSecondRefresh';

describe('createSecondRefresh', () => {
  const refreshKeys = jest.fn<Promise<void>, [string[]]>();
  const refreshEntity = jest.fn();
  const logger = mockServices.logger.mock();
  const create = () =>
    createSecondRefresh({ refresher: { refreshKeys, refreshEntity }, logger });
  const calls = () => refreshKeys.mock.calls.map(([keys]) => keys);

  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
    refreshKeys.mockResolvedValue();
  });
  afterEach(() => jest.useRealTimers());

  it('refreshes at once, and once more when other replicas have looked', async () => {
    await create().refreshKeys(['a', 'b']);
    expect(calls()).toEqual([['a', 'b']]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(refreshKeys).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(500);
    expect(calls()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(refreshKeys).toHaveBeenCalledTimes(2);
  });

  it('refreshes together what comes together, each no sooner than a second after', async () => {
    const refresher = create();
    await refresher.refreshKeys(['a', 'b']);
    await jest.advanceTimersByTimeAsync(400);
    await refresher.refreshKeys(['b', 'c']);
    await jest.advanceTimersByTimeAsync(200);
    await refresher.refreshKeys(['a']);
    refreshKeys.mockClear();

    await jest.advanceTimersByTimeAsync(900);
    expect(calls()).toEqual([['a', 'b', 'c']]);
    await jest.advanceTimersByTimeAsync(599);
    expect(refreshKeys).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(calls()).toEqual([['a', 'b', 'c'], ['a']]);
  });

  it('has a first refresh that fails seen, and none after it', async () => {
    refreshKeys.mockRejectedValue(new Error('no database'));
    await expect(create().refreshKeys(['a'])).rejects.toThrow('no database');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(refreshKeys).toHaveBeenCalledTimes(1);
  });

  it('tells the log of a second one that fails, and goes on', async () => {
    const refresher = create();
    await refresher.refreshKeys(['a']);
    refreshKeys.mockRejectedValueOnce(new Error('no database'));
    await jest.advanceTimersByTimeAsync(1500);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringMatching(/^What 1 entities show .*no database$/),
    );

    await refresher.refreshKeys(['b']);
    await jest.advanceTimersByTimeAsync(1500);
    expect(calls().slice(2)).toEqual([['b'], ['b']]);
  });

  it('does what is left when it stops', async () => {
    const refresher = create();
    await refresher.refreshKeys(['a']);
    await jest.advanceTimersByTimeAsync(700);
    await refresher.refreshKeys(['b']);
    refreshKeys.mockClear();

    await refresher.flush();
    expect(calls()).toEqual([['a'], ['b']]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(refreshKeys).toHaveBeenCalledTimes(2);
  });

  it('fetches an entity once', async () => {
    const entity = {
      entityRef: 'component:default/a',
      signal: new AbortController().signal,
    };
    refreshEntity.mockResolvedValue('refreshed');
    await expect(create().refreshEntity(entity)).resolves.toBe('refreshed');
    expect(refreshEntity.mock.calls).toEqual([[entity]]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
