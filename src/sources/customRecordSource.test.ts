import type { JsonObject } from '@backstage/types';
import { SourceError } from '../lib/errors';
import { collectingSink } from './__testUtils__/collectingSink';
import {
  type CustomRecordSource,
  CustomSourceReader,
} from './customRecordSource';

const never = new Promise<never>(() => {});
const live = new AbortController().signal;

const create = (source: Partial<CustomRecordSource>) =>
  new CustomSourceReader({ name: 'queue', list: () => [], ...source });

async function listAll(
  source: Partial<CustomRecordSource>,
  options: { signal?: AbortSignal; etag?: string } = {},
) {
  const { signal = live, etag } = options;
  const { sink, records, calls } = collectingSink();
  const answer = await create(source).list({
    validators: { etag },
    signal,
    sink,
  });
  return { answer, records, calls };
}

const records = (count: number): JsonObject[] =>
  Array.from({ length: count }, (_, id) => ({ id }));

const circular: JsonObject = { secret: 'hunter2' };
circular.self = circular;

describe('list', () => {
  it('gives all batches as one page', async () => {
    async function* list() {
      yield [{ id: 'a' }, { id: 'b' }];
      yield [];
      yield [{ id: 'c' }];
    }
    await expect(listAll({ list })).resolves.toEqual({
      answer: { type: 'listed' },
      records: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
      calls: ['start', 3, 'end'],
    });
  });

  it('is not read while its revision stays the same', async () => {
    const list = jest.fn(() => [[{ id: 'a' }]]);
    const revision = async () => 'r1';

    const first = await listAll({ list, revision });
    expect(first.answer).toEqual({
      type: 'listed',
      validators: { etag: 'r1' },
    });
    const second = await listAll({ list, revision }, { etag: 'r1' });
    expect(second.answer).toEqual({ type: 'not-modified' });
    expect(list).toHaveBeenCalledTimes(1);
  });

  it('splits a large batch, and lets other work run in between', async () => {
    let serialised = 0;
    const counted = records(1200).map(record => ({
      toJSON: () => {
        serialised++;
        return record;
      },
    })) as unknown as JsonObject[];
    let turns = 0;
    const seen: number[][] = [];
    const { sink } = collectingSink(batch => {
      seen.push([batch.length, serialised, turns]);
      setImmediate(() => turns++);
    });
    await create({ list: () => [counted] }).list({ signal: live, sink });

    expect(seen).toEqual([
      [500, 500, 0],
      [500, 1000, 1],
      [200, 1200, 2],
    ]);
  });

  it.each<[string, Partial<CustomRecordSource>]>([
    ['revision()', { revision: () => never }],
    [
      'the first batch',
      {
        list: () => ({ [Symbol.asyncIterator]: () => ({ next: () => never }) }),
      },
    ],
    [
      'a later batch of a generator, which cannot be closed',
      {
        async *list() {
          yield [{ id: 'a' }];
          await never;
        },
      },
    ],
  ])('ends with its signal while %s is pending', async (_, source) => {
    const controller = new AbortController();
    const listing = listAll(source, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('stopped')));

    await expect(listing).rejects.toThrow(/^stopped$/);
  });

  it('lets a source clean up when the sink fails', async () => {
    const closed = jest.fn();
    function* list() {
      try {
        yield records(500);
        yield records(500);
      } finally {
        closed();
      }
    }
    const { sink } = collectingSink(() => {
      throw new Error('the sink failed');
    });

    await expect(create({ list }).list({ signal: live, sink })).rejects.toThrow(
      /^the sink failed$/,
    );
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it.each<[string, unknown]>([
    ['an object', { id: 'hunter2' }],
    ['a text', 'hunter2'],
    ['nothing', undefined],
  ])('refuses a batch that is %s', async (_, batch) => {
    const error = await listAll({ list: () => [batch as JsonObject[]] }).catch(
      thrown => thrown,
    );
    expect(error).toMatchObject({ name: 'SourceError', code: 'shape' });
    expect(error.message).toContain('Source "queue"');
    expect(error.message).not.toContain('hunter2');
  });

  it.each<[string, unknown]>([
    ['a BigInt', { id: 7n }],
    ['itself', circular],
  ])('refuses a record that holds %s', async (_, record) => {
    const error = await listAll({ list: () => [[record as JsonObject]] }).catch(
      thrown => thrown,
    );
    expect(error).toMatchObject({ name: 'SourceError', code: 'shape' });
    expect(error.message).toContain('Source "queue"');
    expect(error.message).not.toContain('hunter2');
  });

  it('says which call failed, and keeps what the source says itself', async () => {
    const list = () => {
      throw new Error('no connection');
    };
    await expect(listAll({ list })).rejects.toMatchObject({
      code: 'network',
      message: expect.stringMatching(/"queue": list\(\) failed.*no connection/),
    });
    const limited = new SourceError('wait', { code: 'status', status: 429 });
    await expect(
      listAll({ revision: () => Promise.reject(limited) }),
    ).rejects.toBe(limited);
  });
});

describe('read', () => {
  const read = (call: CustomRecordSource['read'], signal = live) =>
    create({ read: call }).read({ recordId: 'a', signal });

  it('gives a record as the list would', async () => {
    const day = new Date(0) as unknown as string;
    await expect(read(async () => ({ id: 'a', day }))).resolves.toEqual({
      type: 'record',
      record: { id: 'a', day: '1970-01-01T00:00:00.000Z' },
    });
    await expect(read(async () => undefined)).resolves.toEqual({
      type: 'not-found',
    });
  });

  it('needs a read() of the source', async () => {
    await expect(read(undefined)).rejects.toThrow('it has no read()');
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const reading = read(() => never, controller.signal);
    controller.abort(new Error('stopped'));

    await expect(reading).rejects.toThrow(/^stopped$/);
  });

  it('refuses a record that is not JSON', async () => {
    await expect(read(async () => circular)).rejects.toMatchObject({
      code: 'shape',
    });
  });
});
