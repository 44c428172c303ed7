import type { JsonObject, JsonValue } from '@backstage/types';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { SourceError } from '../../lib/errors';
import { collectingSink } from '../__testUtils__/collectingSink';
import { rejection, sourceError } from '../__testUtils__/fetchFrom';
import { closeServers, closing } from '../__testUtils__/servers';
import { recordsOf, startSource } from '../__testUtils__/startSource';
import { readPage } from './readPage';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

afterEach(closeServers);

const JSON_TYPE = { 'content-type': 'application/json' };
const { signal } = new AbortController();

const request = {
  timeoutMs: 30_000,
  maxBytes: 10_000_000,
  maxDepth: 8,
  retries: 3,
  concurrency: 1,
};

/** A source with its list at `data`, and a server that answers with one function for each request. */
function start(
  answers: ((response: ServerResponse) => void)[],
  overrides: Parameters<typeof startSource>[1] = {},
) {
  const left = [...answers];
  return startSource((_, response) => left.shift()!(response), {
    listPath: ['data'],
    selectRecords: async answer => {
      const { data } = Object(answer) as JsonObject;
      if (!Array.isArray(data)) {
        throw new SourceError('There is no list', { code: 'shape' });
      }
      return data;
    },
    ...overrides,
    settings: { request, ...overrides.settings },
  });
}

const ending =
  (body: string | Buffer, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(200, { ...JSON_TYPE, ...headers }).end(body);
  };

/** Begins an answer, which the test ends. */
const beginning = (body: string) => (response: ServerResponse) => {
  response.writeHead(200, JSON_TYPE).write(body);
};

const bodyOf = (records: JsonValue[]) => JSON.stringify({ data: records });
const truncated = (records: JsonValue[]) => bodyOf(records).slice(0, -2);

describe('a list that is read while it comes in', () => {
  it('is passed on in batches of at most 500 records', async () => {
    const { source } = await start([ending(bodyOf(recordsOf(1200)))]);
    const { sink, records, calls } = collectingSink();

    await source.list({ signal, sink });

    expect(calls).toEqual(['start', 500, 500, 200, 'end']);
    expect(records).toEqual(recordsOf(1200));
  });

  it('is passed on in batches of about 1 MB', async () => {
    const all = Array(10).fill({ text: 'ü'.repeat(200_000) });
    const { source } = await start([ending(bodyOf(all))]);
    const { sink, records, calls } = collectingSink();

    await source.list({ signal, sink });

    expect(calls).toEqual(['start', 3, 3, 3, 1, 'end']);
    expect(records).toEqual(all);
  });

  it('has a hash of the bytes of each record', async () => {
    const texts = ['{"id":"ü"}', '{ "id": "ü" }', '7', '"a,]"', 'null'];
    const { source } = await start([ending(`{"data":[${texts.join(' ,')}]}`)]);
    const { sink, records, hashes } = collectingSink();

    await source.list({ signal, sink });

    expect(records).toEqual(texts.map(text => JSON.parse(text)));
    expect(hashes).toEqual(
      texts.map(text => createHash('sha256').update(text).digest('base64url')),
    );
  });

  it('may be compressed', async () => {
    const packed = gzipSync(bodyOf(recordsOf(3000)));
    const { list } = await start([
      ending(packed, { 'content-encoding': 'gzip' }),
    ]);

    await expect(list()).resolves.toMatchObject({ records: recordsOf(3000) });
  });

  it('may be empty', async () => {
    const { source } = await start([ending('{"data":[ ]}')]);
    const { sink, calls } = collectingSink();

    await expect(source.list({ signal, sink })).resolves.toMatchObject({
      type: 'listed',
    });
    expect(calls).toEqual(['start', 'end']);
  });

  it('is not read faster than the sink takes it', async () => {
    let response!: ServerResponse;
    const { source } = await start([
      answer => {
        response = answer;
        beginning(`{"data":[${'{},'.repeat(600)}`)(answer);
      },
    ]);
    const events: string[] = [];
    const { sink, records } = collectingSink(async () => {
      events.push('begin');
      if (!response.writableEnded) {
        // The rest is on its way before the sink is done with this batch.
        await new Promise<void>(resolve => {
          response.end(`${'{},'.repeat(600)}{}]}`, resolve);
        });
      }
      events.push('end');
    });

    await source.list({ signal, sink });

    expect(records).toHaveLength(1201);
    expect(events).toEqual(Array(3).fill(['begin', 'end']).flat());
  });

  it('is left to the expression if it is not at its path', async () => {
    const { list } = await start([ending('{"data":{"id":"a"}}')], {
      selectRecords: async answer => [(answer as JsonObject).data as JsonValue],
    });
    await expect(list()).resolves.toMatchObject({ records: [{ id: 'a' }] });

    const { list: failing } = await start([ending('{"services":[1]}')]);
    await expect(sourceError(failing())).resolves.toMatchObject({
      code: 'shape',
      message: 'There is no list',
    });
  });

  it('fails if the expression finds another number of records', async () => {
    const { list } = await start([ending(bodyOf(['a', 'b']))], {
      selectRecords: async answer =>
        ((answer as JsonObject).data as JsonValue[]).slice(1),
    });

    const error = await sourceError(list());
    expect(error.code).toBe('shape');
    expect(error.message).toContain('2 records, and "records" finds others');
  });

  it.each([
    ['{"data":["a"],"data":["b"]}', '1 records, and "records" finds others'],
    ['{"data":["a"],"d\\u0061ta":2}', 'There is no list'],
  ])('fails if two lists could be meant: %s', async (body, message) => {
    const { list } = await start([ending(body)]);

    const error = await sourceError(list());
    expect(error.code).toBe('shape');
    expect(error.message).toContain(message);
  });

  it.each([
    [['data'], [{ data: [0, 0], next: 'c' }]],
    [undefined, [{ data: ['a', 'b'], next: 'c' }]],
  ])(
    'gives the cursor the records if the path is %p',
    async (listPath, answers) => {
      const seen: JsonValue[] = [];
      const { list } = await start([ending('{"data":["a","b"],"next":"c"}')], {
        settings: {
          request,
          pagination: {
            type: 'cursor',
            in: 'query',
            next: 'next',
            parameter: 'c',
            maxPages: 5,
          },
        },
        readCursor: async answer => {
          seen.push(answer);
          return null;
        },
        listPath,
      });

      await expect(list()).resolves.toMatchObject({ records: ['a', 'b'] });
      expect(seen).toEqual(answers);
    },
  );
});

describe('a list that breaks off in the middle', () => {
  it('is read again from the page that broke off', async () => {
    const all = recordsOf(700);
    let response!: ServerResponse;
    const { source, waits } = await start([
      answer => {
        response = answer;
        beginning(truncated(all))(answer);
      },
      ending(bodyOf(all)),
    ]);
    const { sink, records, calls } = collectingSink(() => {
      response.destroy();
    });

    await source.list({ signal, sink });

    expect(calls).toEqual(['start', 500, 'start', 500, 200, 'end']);
    expect(records).toEqual(all);
    expect(waits).toEqual([1500]);
  });

  it('fails after the last retry', async () => {
    const { list } = await start(
      Array(4).fill((response: ServerResponse) => {
        response.writeHead(200, JSON_TYPE);
        response.write(truncated(recordsOf(700)), () => response.destroy());
      }),
    );

    await expect(sourceError(list())).resolves.toMatchObject({
      code: 'network',
    });
  });

  it('ends with the reason of a caller who aborts, and closes the connection', async () => {
    let closed: Promise<void> | undefined;
    const { source, server } = await start([
      response => {
        closed = closing(response);
        beginning(truncated(recordsOf(700)))(response);
      },
    ]);
    const controller = new AbortController();
    const reason = new Error('The backend shuts down');
    const { sink, calls } = collectingSink(() => controller.abort(reason));

    await expect(
      rejection(source.list({ signal: controller.signal, sink })),
    ).resolves.toBe(reason);
    await closed;
    expect(calls).toEqual(['start', 500]);
    expect(server.requests).toHaveLength(1);
  });

  it('ends with the reason of a caller who aborts at the last batch', async () => {
    const { source } = await start([ending(bodyOf(['a']))]);
    const controller = new AbortController();
    const reason = new Error('The backend shuts down');
    const { sink, calls } = collectingSink(() => controller.abort(reason));

    await expect(
      rejection(source.list({ signal: controller.signal, sink })),
    ).resolves.toBe(reason);
    expect(calls).toEqual(['start', 1]);
  });
});

describe('an error of the sink', () => {
  it.each(['startPage', 'records', 'endPage'] as const)(
    'in %s is thrown as it is, and nothing is retried',
    async method => {
      const error = new Error('The database is down');
      const { source, server, waits } = await start(
        Array(3).fill(ending(bodyOf(recordsOf(700)))),
      );
      const { sink } = collectingSink();
      sink[method] = () => {
        throw error;
      };

      await expect(rejection(source.list({ signal, sink }))).resolves.toBe(
        error,
      );
      expect(server.requests).toHaveLength(1);
      expect(waits).toEqual([]);
    },
  );

  it('ends the request', async () => {
    let closed: Promise<void> | undefined;
    const { source } = await start([
      response => {
        closed = closing(response);
        beginning(truncated(recordsOf(700)))(response);
      },
    ]);
    const error = new Error('The database is down');
    const { sink } = collectingSink(() => Promise.reject(error));

    await expect(rejection(source.list({ signal, sink }))).resolves.toBe(error);
    await closed;
  });
});

describe('a list that cannot be trusted', () => {
  it.each([
    [
      'too large',
      bodyOf(recordsOf(700)),
      { maxBytes: 1000 },
      'too-large',
      '1000 bytes',
    ],
    [
      'too deep in a record',
      '{"data":[[[1]]]}',
      { maxDepth: 3 },
      'too-deep',
      '3 levels',
    ],
    [
      'too deep beside the list',
      '{"data":[1],"b":[[[1]]]}',
      { maxDepth: 3 },
      'too-deep',
      '3 levels',
    ],
    [
      'cut off',
      truncated(['a', 'b']),
      {},
      'malformed',
      'invalid JSON outside its records (2 found)',
    ],
    [
      'cut off in a record',
      '{"data":[1,{"a',
      {},
      'malformed',
      'invalid JSON outside its records (1 found)',
    ],
    [
      'more than JSON',
      '{"data":["a"]}}',
      {},
      'malformed',
      'invalid JSON outside its records (1 found)',
    ],
    [
      'without a comma',
      '{"data":[{}{}]}',
      {},
      'malformed',
      'invalid JSON after record 1',
    ],
    [
      'with a comma too many',
      '{"data":[1,]}',
      {},
      'malformed',
      'invalid JSON outside its records (1 found)',
    ],
    [
      'with a broken record',
      '{"data":[1,{"a":}]}',
      {},
      'malformed',
      'invalid JSON in record 2',
    ],
    ['empty', '', {}, 'malformed', 'an empty body'],
    ['not JSON', '{"data"', {}, 'malformed', 'invalid JSON;'],
    [
      'not UTF-8 beside the list',
      Buffer.from([...Buffer.from('{"data":[1],"'), 0xff]),
      {},
      'malformed',
      'invalid UTF-8 outside its records (1 found)',
    ],
    [
      'not UTF-8 in a record',
      Buffer.from([...Buffer.from('{"data":["'), 0xff, ...Buffer.from('"]}')]),
      {},
      'malformed',
      'invalid UTF-8 in record 1',
    ],
  ])('fails for being %s', async (_, body, limits, code, message) => {
    const { source, server } = await start([ending(body)], {
      settings: { request: { ...request, ...limits } },
    });
    const { sink, calls } = collectingSink();

    const error = await sourceError(source.list({ signal, sink }));

    expect(error).toMatchObject({ code, cause: undefined });
    expect(error.message).toContain(message);
    expect(calls).not.toContain('end');
    expect(server.requests).toHaveLength(1);
  });
});

describe('an answer in chunks of a single byte', () => {
  function memory(): number {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }

  it.each([
    ['while it comes in', ['data']],
    ['as a whole', undefined],
  ])(
    'needs little more memory than its bytes, read %s',
    async (_, listPath) => {
      const text = 'x'.repeat(100_000);
      const answer = Buffer.from(bodyOf([text]));
      const before = memory();
      let used = 0;
      async function* chunks() {
        for (const byte of answer.subarray(0, text.length)) {
          yield Uint8Array.of(byte);
        }
        used = memory() - before;
        yield answer.subarray(text.length);
      }
      const { sink, records } = collectingSink();

      await readPage(
        {
          listPath,
          selectRecords: async value =>
            (value as JsonObject).data as JsonValue[],
          sink,
        },
        {
          target: { source: 'services', url: new URL('http://localhost') },
          chunks: chunks(),
          maxDepth: 8,
          signal,
        },
      );
      expect(used).toBeLessThan(5_000_000);
      expect(records).toEqual([text]);
    },
  );
});
