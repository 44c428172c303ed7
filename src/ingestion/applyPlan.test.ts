import type { JsonObject } from '@backstage/types';
import pLimit, { type Limit } from 'p-limit';
import { applyBatches, batchSize, MAX_MUTATIONS } from './applyPlan';
import { describeSource } from './__testUtils__/describeSource';
import { service } from './__testUtils__/fakes';

const NEW_REF = 'component:default/new';
const RENAMED: JsonObject = { ...service('a'), name: 'new' };

describeSource(
  'a rename whose new ref is taken right before the mutation',
  world => {
    const { start, poll, reconcile, syncRecord } = world;

    beforeEach(async () => {
      await poll(start(), [service('a'), service('b')]);
    });

    const runs: Array<[string, () => Promise<unknown>]> = [
      ['a poll', () => poll(start())],
      ['a reconcile', () => reconcile(start())],
      ['a single record', () => syncRecord(start(), RENAMED)],
    ];

    it.each(runs)('keeps the old name of the entity, in %s', async (_, run) => {
      world.source.answer = [RENAMED, service('b')];
      world.catalog.beforeNext = () =>
        world.catalog.give(NEW_REF, 'home-made:default');
      await run();

      expect(world.catalog.names()).toEqual(['a', 'b']);
      await expect(
        world.knex('custom_data_problems').select('code', 'entity_ref'),
      ).resolves.toEqual([{ code: 'ref-taken', entity_ref: NEW_REF }]);
      await expect(
        world
          .knex('custom_data_entities')
          .orderBy('entity_ref')
          .pluck('entity_ref'),
      ).resolves.toEqual(['component:default/a', 'component:default/b']);

      await world.catalog.lose(NEW_REF);
      await poll(start());
      expect(world.catalog.names()).toEqual(['b', 'new']);
      await expect(world.knex('custom_data_problems')).resolves.toEqual([]);
    });
  },
);

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
  let limit: Limit;
  let controller: AbortController;
  let concurrency: number;

  async function* batches(count: number, first = 0): AsyncGenerator<number[]> {
    for (let i = first; i < first + count; i += 1) {
      read += 1;
      yield [i];
    }
  }

  function start(source: AsyncIterable<number[]>) {
    const ended = jest.fn();
    const { apply } = mutations;
    applyBatches({
      batches: source,
      limit,
      concurrency,
      apply,
      signal: controller.signal,
    }).then(
      () => ended('applied'),
      error => ended(error.message),
    );
    return ended;
  }

  beforeEach(() => {
    mutations = new Mutations();
    read = 0;
    limit = pLimit(MAX_MUTATIONS);
    controller = new AbortController();
    concurrency = MAX_MUTATIONS;
  });

  it('has four batches in flight, and reads no further ahead', async () => {
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

  it('has no more in flight than its concurrency, although permits are free', async () => {
    concurrency = 2;
    start(batches(4));
    await turn();
    expect(mutations.begun).toEqual([0, 1]);
    expect(read).toBe(2);
    await mutations.end(0);
    expect(mutations.begun).toEqual([0, 1, 2]);
  });

  it('shares the permits of the process with other sources', async () => {
    start(batches(4));
    await turn();
    start(batches(2, 10));
    await turn();
    expect(mutations.begun).toEqual([0, 1, 2, 3]);
    await mutations.end(0);
    expect(mutations.begun).toEqual([0, 1, 2, 3, 10]);
  });

  it('begins no batch after a failure, and ends once none is in flight', async () => {
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

  it('begins no batch that waits for a permit when one fails', async () => {
    limit = pLimit(1);
    const ended = start(batches(3));
    await turn();
    await mutations.end(0, new Error('no database'));
    expect(mutations.begun).toEqual([0]);
    expect(ended.mock.calls).toEqual([['no database']]);
  });

  it('reads no more batches after a failure, although permits are free', async () => {
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

  it('neither waits for a batch that hangs once it is aborted, nor keeps its permit', async () => {
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

  it('waits for no permit once it is aborted', async () => {
    limit = pLimit(1);
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

  it('throws the error of a batch that fails while the next is read', async () => {
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

  it('throws an error of reading once no batch is in flight', async () => {
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
