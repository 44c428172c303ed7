import { createPieces } from './createPieces';
import type { Settlement } from './delivery';

const DONE: Settlement = { state: 'done' };

describe('createPieces', () => {
  const settle = jest.fn<Promise<void>, [Map<string, Settlement>]>();
  const ids = () => settle.mock.calls.map(([each]) => [...each.keys()]);

  beforeEach(() => {
    jest.useFakeTimers();
    settle.mockReset().mockResolvedValue();
  });

  afterEach(() => jest.useRealTimers());

  it('keeps all at once that come in time', async () => {
    const pieces = createPieces({ settle, gatherMs: 1000 });
    pieces.add('a', DONE);
    await jest.advanceTimersByTimeAsync(999);
    pieces.add('b', DONE);
    await pieces.end();
    expect(ids()).toEqual([['a', 'b']]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not keep the first waiting for the last, and ends with both', async () => {
    const ends: Array<() => void> = [];
    settle.mockImplementation(() => new Promise(resolve => ends.push(resolve)));
    const pieces = createPieces({ settle, gatherMs: 1000 });
    pieces.add('a', DONE);
    await jest.advanceTimersByTimeAsync(1000);
    expect(ids()).toEqual([['a']]);
    pieces.add('b', DONE);
    const ended = jest.fn();
    const end = pieces.end().then(ended);
    await jest.advanceTimersByTimeAsync(0);
    expect(ids()).toEqual([['a']]);
    ends[0]();
    await jest.advanceTimersByTimeAsync(0);
    expect(ids()).toEqual([['a'], ['b']]);
    expect(ended).not.toHaveBeenCalled();
    ends[1]();
    await end;
  });

  it('keeps at once all that waits behind what hangs', async () => {
    let end = () => {};
    settle.mockImplementationOnce(
      () =>
        new Promise(resolve => {
          end = resolve;
        }),
    );
    const pieces = createPieces({ settle, gatherMs: 1000 });
    for (const id of ['a', 'b', 'c', 'd']) {
      pieces.add(id, DONE);
      await jest.advanceTimersByTimeAsync(1000);
    }
    const ended = pieces.end();
    end();
    await ended;
    expect(ids().filter(each => each.length > 0)).toEqual([
      ['a'],
      ['b', 'c', 'd'],
    ]);
  });
});
