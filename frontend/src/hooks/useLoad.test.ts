import { act, renderHook } from '@testing-library/react';
import { useLoad } from './useLoad';

let visibility = 'visible';
const show = async (state: string) => {
  visibility = state;
  await act(async () => {
    document.dispatchEvent(new Event('visibilitychange'));
  });
};
const pass = (ms: number) => act(() => jest.advanceTimersByTimeAsync(ms));

describe('useLoad', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    visibility = 'visible';
    jest
      .spyOn(document, 'visibilityState', 'get')
      .mockImplementation(() => visibility as DocumentVisibilityState);
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('asks no more often than every 10 seconds', async () => {
    const load = jest.fn(async () => 'answer');
    renderHook(() => useLoad('a', load, { every: 100 }));
    await pass(9_999);
    expect(load).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('asks nothing in a hidden tab, and at once when it is shown again', async () => {
    const load = jest.fn(async () => 'answer');
    renderHook(() => useLoad('a', load, { every: 10_000 }));
    await show('hidden');
    await pass(60_000);
    expect(load).toHaveBeenCalledTimes(1);
    await show('visible');
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('stops when the view is left', async () => {
    const load = jest.fn(async () => 'answer');
    const { unmount } = renderHook(() => useLoad('a', load, { every: 10_000 }));
    await pass(0);
    unmount();
    await pass(60_000);
    expect(load).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('keeps the last answer when a later attempt fails, and comes back', async () => {
    const load = jest
      .fn(async () => 'later')
      .mockResolvedValueOnce('first')
      .mockRejectedValueOnce(new Error('down'));
    const { result } = renderHook(() => useLoad('a', load, { every: 10_000 }));
    await pass(0);
    expect(result.current.value).toBe('first');
    await pass(10_000);
    expect(result.current).toMatchObject({
      value: 'first',
      error: new Error('down'),
    });
    await pass(10_000);
    expect(result.current.value).toBe('later');
    expect(result.current.error).toBeUndefined();
  });

  it('drops what it loaded for another key', async () => {
    const load = async () => 'answer';
    const { result, rerender } = renderHook(({ key }) => useLoad(key, load), {
      initialProps: { key: 'a' },
    });
    await pass(0);
    rerender({ key: 'b' });
    expect(result.current.isLoading).toBe(true);
    await pass(0);
    expect(result.current.value).toBe('answer');
  });
});
