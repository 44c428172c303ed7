import { createSlots, type Slots } from '../lib/limits';
import { applyBatches, batchSize, MUTATIONS_AT_ONCE } from './applyBatches';

const turn = () => new Promise(resolve => setImmediate(resolve));

/** Mutations that end when a test says so. */
class Mutations {
  readonly begun: number[] = [];
  readonly #ends = new Map<
    number,
    { resolve: () => void; reject: (error: Error) => void }
  >();

  apply = ([batch]: number[]): Promise<void> => {
    this.begun.push(batch);
    return new Promise((resolve, reject) => {
      this.#ends.set(batch, { resolve, reject });
    });
  };

  async end(batch: number, error?: Error): Promise<void> {
    const { resolve, reject } = this.#ends.get(batch)!;
    if (error) {
      reject(error);
    } else {
      resolve();
    }
    await turn();
  }
}

describe('applyBatches', () => {
  let mutations: Mutations;
  let read: number;
  let slots: Slots;
  let controller: AbortController;
  let atOnce: number;

  async function* batches(count: number, first = 0): AsyncGenerator<number[]> {
    for (let i = first; i < first + count; i += 1) {
      read += 1;
      yield [i];
    }
  }

  function start(source: AsyncIterable<number[]>) {
    const ended = jest.fn();
    const { apply } = mutations;
    const { signal } = controller;
    applyBatches({ batches: source, slots, atOnce, apply, signal }).then(
      () => ended('applied'),
      error => ended(error.message),
    );
    return ended;
  }

  beforeEach(() => {
    mutations = new Mutations();
    read = 0;
    slots = createSlots(MUTATIONS_AT_ONCE);
    controller = new AbortController();
    atOnce = MUTATIONS_AT_ONCE;
  });

  it('has four go on at once, and reads no more of them than that', async () => {
    const ended = start(batches(6));
    await turn();
    expect(mutations.begun).toEqual([0, 1, 2, 3]);
    expect(read).toBe(4);

    await mutations.end(2);
    expect(mutations.begun).toEqual([0, 1, 2, 3, 4]);
    for (const batch of [0, 1, 3, 4]) {
      await mutations.end(batch);
    }
    expect(ended).not.toHaveBeenCalled();
    await mutations.end(5);
    expect(ended.mock.calls).toEqual([['applied']]);
  });

  it('has no more go on at once than it is to, though there are slots', async () => {
    atOnce = 2;
    start(batches(4));
    await turn();
    expect(mutations.begun).toEqual([0, 1]);
    expect(read).toBe(2);
    await mutations.end(0);
    expect(mutations.begun).toEqual([0, 1, 2]);
  });

  it('shares the slots of the process with other sources', async () => {
    start(batches(4));
    await turn();
    start(batches(2, 10));
    await turn();
    expect(mutations.begun).toEqual([0, 1, 2, 3]);
    await mutations.end(0);
    expect(mutations.begun).toEqual([0, 1, 2, 3, 10]);
  });

  it('begins none after one has failed, and ends once none goes on', async () => {
    const ended = start(batches(9));
    await turn();
    await mutations.end(1, new Error('no database'));
    expect(mutations.begun).toEqual([0, 1, 2, 3]);
    for (const batch of [0, 2]) {
      await mutations.end(batch);
    }
    expect(ended).not.toHaveBeenCalled();
    await mutations.end(3);
    expect(ended.mock.calls).toEqual([['no database']]);
    expect(mutations.begun).toHaveLength(4);
  });

  it('begins none that waits for a slot when one fails', async () => {
    slots = createSlots(1);
    const ended = start(batches(3));
    await turn();
    await mutations.end(0, new Error('no database'));
    expect(mutations.begun).toEqual([0]);
    expect(ended.mock.calls).toEqual([['no database']]);
  });

  it('reads no more after one has failed, though there are slots', async () => {
    async function* slow(): AsyncGenerator<number[]> {
      for await (const batch of batches(9)) {
        yield batch;
        await turn();
      }
    }
    const ended = start(slow());
    await turn();
    await mutations.end(0, new Error('no database'));
    await turn();
    await turn();
    for (const batch of mutations.begun.slice(1)) {
      await mutations.end(batch);
    }
    expect(ended.mock.calls).toEqual([['no database']]);
    expect(read).toBeLessThan(5);
  });

  it('waits for none that hangs once it is aborted, nor keeps its slot', async () => {
    const ended = start(batches(9));
    await turn();
    const other = controller;
    controller = new AbortController();
    const waiting = start(batches(1, 10));
    await turn();
    expect(mutations.begun).toEqual([0, 1, 2, 3]);

    other.abort(new Error('took too long'));
    await turn();
    expect(ended.mock.calls).toEqual([['took too long']]);
    expect(mutations.begun).toEqual([0, 1, 2, 3, 10]);
    await mutations.end(10);
    expect(waiting.mock.calls).toEqual([['applied']]);
  });

  it('waits for no slot once it is aborted', async () => {
    slots = createSlots(1);
    start(batches(1));
    await turn();
    controller = new AbortController();
    const waiting = start(batches(1, 10));
    await turn();
    controller.abort(new Error('took too long'));
    await turn();
    expect(waiting.mock.calls).toEqual([['took too long']]);
    await mutations.end(0);
    expect(mutations.begun).toEqual([0]);
  });

  it('tells of one that fails while the next is read', async () => {
    let goOn = () => {};
    async function* slow(): AsyncGenerator<number[]> {
      yield [0];
      await new Promise<void>(resolve => {
        goOn = resolve;
      });
      yield [1];
    }
    const ended = start(slow());
    await turn();
    await mutations.end(0, new Error('no database'));
    goOn();
    await turn();
    expect(ended.mock.calls).toEqual([['no database']]);
    expect(mutations.begun).toEqual([0]);
  });

  it('tells of what cannot be read once none goes on', async () => {
    async function* failing(): AsyncGenerator<number[]> {
      yield [0];
      throw new Error('not readable');
    }
    const ended = start(failing());
    await turn();
    expect(ended).not.toHaveBeenCalled();
    await mutations.end(0);
    expect(ended.mock.calls).toEqual([['not readable']]);
  });
});

describe('batchSize', () => {
  it.each([
    [1, 10],
    [40, 10],
    [100, 25],
    [101, 26],
    [1000, 100],
    [100_000, 100],
  ])('of %d is %d', (count, expected) => {
    expect(batchSize(count)).toBe(expected);
  });
});
