import type { JsonObject, JsonValue } from '@backstage/types';
import type { RequestListener } from 'node:http';
import type { PaginationSettings } from '../../config/pagination';
import { collectingSink } from '../__testUtils__/collectingSink';
import { sourceError } from '../__testUtils__/fetchFrom';
import { closeServers, startServer } from '../__testUtils__/servers';
import { recordsOf, sendJson, startSource } from '../__testUtils__/startSource';
import type { Validators } from '../httpValidators';

afterEach(closeServers);

const bounds = { maxPages: 1000 };
const none: PaginationSettings = { type: 'none' };
const link: PaginationSettings = { ...bounds, type: 'link' };
const linkInside: PaginationSettings = { ...link, next: 'next' };
const cursor: PaginationSettings = {
  ...bounds,
  type: 'cursor',
  in: 'query',
  next: 'next',
  parameter: 'at',
};
const page: PaginationSettings = {
  ...bounds,
  type: 'page',
  parameter: 'at',
  first: 0,
};
const offset: PaginationSettings = {
  ...bounds,
  type: 'offset',
  parameter: 'at',
  sizeParameter: 'limit',
  pageSize: 1,
};

const limits = {
  timeoutMs: 30_000,
  maxBytes: 100_000,
  maxDepth: 32,
  concurrency: 4,
};
/** Without retries. */
const once = { settings: { request: { ...limits, retries: 0 } } };

/**
 * Pages of one record, and an empty one after them. Each has a version, which
 * counts its changes. The answer and the header lead to the next page.
 */
class Pages {
  readonly versions: number[];
  /** Status and headers of pages that fail, once. */
  readonly failing = new Map<number, [number, Record<string, string>?]>();
  /** Pages without a validator. */
  readonly bare = new Set<number>();
  /** Page and status of each answer. */
  log: string[] = [];

  constructor(count: number) {
    this.versions = Array(count + 1).fill(1);
  }

  readonly listener: RequestListener = (request, response) => {
    const { searchParams } = new URL(request.url!, 'http://localhost');
    const at = Number(searchParams.get('at') ?? 0);
    const etag = `"${at}.${this.versions[at]}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    const [status, headers] = this.failing.get(at) ?? [isKnown ? 304 : 200];
    this.failing.delete(at);
    this.log.push(`${at}: ${status}`);
    if (status !== 200) {
      response.writeHead(status, headers).end();
      return;
    }
    const last = this.versions.length - 1;
    const hasNext = at + 1 < last;
    sendJson(
      response,
      {
        items: at < last ? [{ id: at, version: this.versions[at] }] : [],
        next: hasNext ? this.next(at + 1) : null,
      },
      {
        ...(!this.bare.has(at) && { etag }),
        ...(hasNext && { link: `<?at=${at + 1}>; rel=next` }),
      },
    );
  };

  next: (at: number) => JsonValue = at => at;
}

async function start(
  pagination: PaginationSettings,
  count: number,
  settings: Parameters<typeof startSource>[1] = {},
) {
  const pages = new Pages(count);
  pages.next = at => (pagination.type === 'link' ? `?at=${at}` : at);
  const { source, ...started } = await startSource(pages.listener, {
    selectRecords: async answer => (answer as JsonObject).items as JsonValue[],
    readCursor: async answer => (answer as JsonObject).next,
    listPath: ['items'],
    ...settings,
    settings: { pagination, ...settings.settings },
  });
  const { signal } = new AbortController();
  const list = async (validators?: Validators) => {
    const { sink, records, calls } = collectingSink();
    pages.log = [];
    const answer = await source.list({ validators, signal, sink });
    return { answer, records, calls, log: pages.log };
  };
  /** Validators as they come back from the database. */
  const learn = async (): Promise<Validators | undefined> => {
    const { answer } = await list();
    const { validators } = answer as { validators?: Validators };
    return validators && JSON.parse(JSON.stringify(validators));
  };
  return { ...started, pages, list, learn };
}

describe('validators', () => {
  it.each<[string, PaginationSettings, number, object | undefined]>([
    ['a list', none, 1, { etag: '"0.1"' }],
    ['an only page', cursor, 1, { etag: '"0.1"' }],
    ['an only page', linkInside, 1, { etag: '"0.1"' }],
    ['an only page', link, 1, undefined],
    ['two pages', link, 2, undefined],
    ['an empty page', page, 0, { pages: [{ etag: '"0.1"' }] }],
    ['a page and an empty one', page, 1, { pages: [{}, { etag: '"1.1"' }] }],
    ['a page and an empty one', offset, 1, { pages: [{}, { etag: '"1.1"' }] }],
    ['two pages', cursor, 2, { pages: [{}, { etag: '"1.1"' }] }],
    ['200 pages', cursor, 200, { pages: { length: 200 } }],
    ['201 pages', cursor, 201, undefined],
  ])('are kept of %s, by %j', async (_, pagination, count, expected) => {
    const { learn } = await start(pagination, count);

    const validators = await learn();
    expect({ validators }).toMatchObject({ validators: expected });
  });

  it.each([page, offset, link])(
    'of one page are not sent by %j, where they do not cover the others',
    async pagination => {
      const { list } = await start(pagination, 2);

      await expect(list({ etag: '"0.1"' })).resolves.toMatchObject({
        answer: { type: 'listed' },
        records: [{ id: 0 }, { id: 1 }],
      });
    },
  );

  it.each([none, cursor, linkInside])(
    'of one page cover the list by %j',
    async pagination => {
      const { list } = await start(pagination, 1);

      await expect(list({ etag: '"0.1"' })).resolves.toEqual({
        answer: { type: 'not-modified' },
        records: [],
        calls: [],
        log: ['0: 304'],
      });
    },
  );

  it('are not kept of a list that is read with a POST', async () => {
    const { learn } = await start(cursor, 2, { settings: { method: 'POST' } });

    await expect(learn()).resolves.toBeUndefined();
  });
});

describe.each([
  [cursor, 3, 2],
  [linkInside, 3, 2],
  [page, 2, 2],
  [offset, 2, 2],
] as const)('validators of each page by %j', (pagination, count, last) => {
  const all = recordsOf(count).map((_, id) => ({ id, version: 1 }));

  it('are checked page by page, and the list is unchanged', async () => {
    const { list, learn } = await start(pagination, count);

    await expect(list(await learn())).resolves.toEqual({
      answer: { type: 'not-modified' },
      records: [],
      calls: [],
      log: ['0: 304', '1: 304', '2: 304'],
    });
  });

  it.each([1, last])(
    'make the list be read from its start if page %d has changed',
    async changed => {
      const { pages, list, learn } = await start(pagination, count);
      const validators = await learn();
      pages.versions[changed]++;

      const { answer, records, log } = await list(validators);

      expect(answer).toMatchObject({
        type: 'listed',
        validators: { pages: [{}, {}, {}] },
      });
      expect(records).toHaveLength(count);
      expect(log).toEqual([
        ...Array.from({ length: changed }, (_, at) => `${at}: 304`),
        `${changed}: 200`,
        '0: 200',
        '1: 200',
        '2: 200',
      ]);
    },
  );

  it('make the list be read on if its first page has changed', async () => {
    const { pages, list, learn } = await start(pagination, count);
    const validators = await learn();
    pages.versions[0]++;

    const { records, log } = await list(validators);

    expect(records[0]).toEqual({ id: 0, version: 2 });
    expect(log).toEqual(['0: 200', '1: 200', '2: 200']);
  });

  it('are not kept if one page has none', async () => {
    for (const bare of [0, 1, last]) {
      const { pages, learn } = await start(pagination, count);
      pages.bare.add(bare);

      await expect(learn()).resolves.toBeUndefined();
    }
  });

  it.each([400, 404, 410, 416, 500])(
    'make the list be read from its start if a page now answers %d',
    async status => {
      const { pages, list, learn } = await start(pagination, count, once);
      const validators = await learn();
      pages.failing.set(1, [status]);

      const { records, log } = await list(validators);

      expect(records).toEqual(all);
      expect(log.slice(0, 2)).toEqual(['0: 304', `1: ${status}`]);
    },
  );
});

describe('validators of each page', () => {
  it('are not checked further if the server asks to wait', async () => {
    const { pages, list, learn } = await start(cursor, 3, once);
    const validators = await learn();
    pages.failing.set(1, [429, { 'retry-after': '60' }]);

    await expect(sourceError(list(validators))).resolves.toMatchObject({
      status: 429,
      retryAfterMs: 60_000,
    });
    expect(pages.log).toEqual(['0: 304', '1: 429']);
  });

  it('are not used after the URL of the list has changed', async () => {
    const before = await start(cursor, 2);
    const { list } = await start(cursor, 2, { path: '/moved' });

    const { log } = await list(await before.learn());
    expect(log).toEqual(['0: 200', '1: 200']);
  });

  it('are not sent to another origin', async () => {
    const other = await startServer((_request, response) => response.end());
    const { list, learn } = await start(cursor, 2);
    const { pages } = (await learn())!;
    pages![1].url = `${other.origin}/list?at=1`;

    const { log } = await list({ pages });
    expect(other.requests).toEqual([]);
    expect(log).toEqual(['0: 200', '1: 200']);
  });

  it('do not contain a key that the source sends in its URLs', async () => {
    const { server, list, learn } = await start(cursor, 2, {
      path: '/list?a=1',
      settings: { query: { key: 'hidden', team: ['x', 'y z'] } },
    });
    const validators = await learn();
    expect(JSON.stringify(validators)).not.toContain('hidden');
    const asked = server.requests.map(({ url }) => url);

    await expect(list(validators)).resolves.toMatchObject({
      log: ['0: 304', '1: 304'],
    });
    expect(server.requests.slice(2).map(({ url }) => url)).toEqual(asked);
  });
});
