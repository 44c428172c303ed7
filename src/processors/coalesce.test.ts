import { coalesce } from './coalesce';

describe('coalesce', () => {
  const pending: Array<{
    keys: string[];
    resolve: (value: string) => void;
    reject: (error: Error) => void;
  }> = [];
  const load = coalesce(
    keys =>
      new Promise<string>((resolve, reject) => {
        pending.push({ keys, resolve, reject });
      }),
  );
  const immediate = () => new Promise(resolve => setImmediate(resolve));
  const turn = async () => {
    await immediate();
    await immediate();
  };

  beforeEach(() => {
    pending.length = 0;
  });

  it('has one query in flight, and whoever comes meanwhile shares the next', async () => {
    const first = load(['a']);
    await turn();
    const others = [load(['b', 'c']), load(['c', 'd']), load(['a'])];
    await turn();
    expect(pending.map(({ keys }) => keys)).toEqual([['a']]);

    pending[0].resolve('one');
    await expect(first).resolves.toBe('one');
    await turn();
    expect(pending.map(({ keys }) => keys)).toEqual([
      ['a'],
      ['b', 'c', 'd', 'a'],
    ]);
    pending[1].resolve('two');
    await expect(Promise.all(others)).resolves.toEqual(['two', 'two', 'two']);
  });

  it('has all who come at the same moment share one', async () => {
    // Each of them may have had to wait for a few promises before.
    const soon = async (keys: string[], promises: number) => {
      for (let i = 0; i < promises; i++) {
        await undefined;
      }
      return load(keys);
    };
    const all = Promise.all([
      soon(['a'], 0),
      soon(['b'], 10),
      soon(['a', 'c'], 50),
    ]);
    await turn();
    expect(pending.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']]);
    pending[0].resolve('one');
    await expect(all).resolves.toEqual(['one', 'one', 'one']);
  });

  it('goes on after a failure, which only those see whom it served', async () => {
    const first = load(['a']);
    await turn();
    const second = load(['b']);
    pending[0].reject(new Error('no database'));
    await expect(first).rejects.toThrow('no database');
    await turn();
    pending[1].resolve('two');
    await expect(second).resolves.toBe('two');

    const third = load(['c']);
    await turn();
    pending[2].resolve('three');
    await expect(third).resolves.toBe('three');
  });
});
