import type { JsonArray, JsonObject, JsonValue } from '@backstage/types';
import type { RequestListener } from 'node:http';
import type { PaginationSettings } from '../../config/pagination';
import { collectingSink } from '../__testUtils__/collectingSink';
import { sourceError } from '../__testUtils__/fetchFrom';
import { closeServers, startServer } from '../__testUtils__/servers';
import {
  readText,
  recordsOf,
  sendJson,
  startSource,
} from '../__testUtils__/startSource';

afterEach(closeServers);

const link: PaginationSettings = { type: 'link', maxPages: 10 };
const cursor: PaginationSettings = {
  type: 'cursor',
  next: 'next',
  in: 'query',
  parameter: 'cursor',
  maxPages: 10,
};
const page: PaginationSettings = {
  type: 'page',
  parameter: 'page',
  first: 1,
  sizeParameter: 'size',
  pageSize: 3,
  maxPages: 10,
};
const offset: PaginationSettings = {
  type: 'offset',
  parameter: 'offset',
  sizeParameter: 'limit',
  pageSize: 3,
  maxPages: 10,
};

type Answer = (params: URLSearchParams, url: URL) => JsonValue | undefined;

/** Answers with what a function of the query gives, or with 404. */
function answering(answer: Answer): RequestListener {
  return (request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    const value = answer(url.searchParams, url);
    if (value === undefined) {
      response.writeHead(404).end();
      return;
    }
    sendJson(response, value, { etag: '"1"' });
  };
}

function slice(size: number, start: number, all: JsonArray): JsonArray {
  return all.slice(start, start + size);
}

const byPage =
  (count: number, cap = Infinity): Answer =>
  params => {
    const size = Math.min(cap, Number(params.get('size') ?? 3));
    return slice(
      size,
      (Number(params.get('page')) - 1) * size,
      recordsOf(count),
    );
  };

const byOffset =
  (count: number, cap = Infinity): Answer =>
  params =>
    slice(
      Math.min(cap, Number(params.get('limit'))),
      Number(params.get('offset')),
      recordsOf(count),
    );

/** Cursors `c1`, `c2` … through these pages. */
const byCursor =
  (...pages: JsonArray[]): Answer =>
  params => {
    const index = Number((params.get('cursor') ?? 'c0').slice(1));
    return {
      items: pages[index],
      next: index + 1 < pages.length ? `c${index + 1}` : null,
    };
  };

const ofItems = {
  selectRecords: async (answer: JsonValue) =>
    (answer as JsonObject).items as JsonValue[],
  readCursor: async (answer: JsonValue) => (answer as JsonObject).next,
};

/** Pages by their path, with these `Link` headers. */
function linked(links: Record<string, string | undefined>): RequestListener {
  return (request, response) => {
    const header = links[request.url!];
    sendJson(response, [request.url!], {
      etag: '"1"',
      ...(header !== undefined && { link: header }),
    });
  };
}

const paths = ({ requests }: { requests: { url: string }[] }) =>
  requests.map(({ url }) => url);

const failureOf = (promise: Promise<unknown>) => sourceError(promise);

describe('page', () => {
  it.each([
    [0, ['?size=3&page=1']],
    [2, ['?size=3&page=1', '?size=3&page=2']],
    [4, ['?size=3&page=1', '?size=3&page=2', '?size=3&page=3']],
    [6, ['?size=3&page=1', '?size=3&page=2', '?size=3&page=3']],
  ])('reads %d records, up to an empty page', async (count, queries) => {
    const { server, list } = await startSource(answering(byPage(count)), {
      settings: { pagination: page },
    });

    await expect(list()).resolves.toMatchObject({ records: recordsOf(count) });
    expect(paths(server)).toEqual(queries.map(query => `/list${query}`));
  });

  it('starts with the number of the first page', async () => {
    const { server, list } = await startSource(
      answering(params => slice(3, Number(params.get('p')) * 3, recordsOf(4))),
      { settings: { pagination: { ...page, parameter: 'p', first: 0 } } },
    );

    await expect(list()).resolves.toMatchObject({ records: recordsOf(4) });
    expect(paths(server)).toEqual([
      '/list?size=3&p=0',
      '/list?size=3&p=1',
      '/list?size=3&p=2',
    ]);
  });

  it('asks for no size without a parameter for it', async () => {
    const { sizeParameter, pageSize, ...unsized } = page;
    const { server, list } = await startSource(answering(byPage(4)), {
      settings: { pagination: unsized },
    });

    await expect(list()).resolves.toMatchObject({ records: recordsOf(4) });
    expect(paths(server)).toEqual([
      '/list?page=1',
      '/list?page=2',
      '/list?page=3',
    ]);
  });
});

describe('offset', () => {
  it('asks for the records after those read so far', async () => {
    const { server, list } = await startSource(answering(byOffset(7)), {
      settings: { pagination: offset },
    });

    await expect(list()).resolves.toMatchObject({ records: recordsOf(7) });
    expect(paths(server)).toEqual([
      '/list?limit=3&offset=0',
      '/list?limit=3&offset=3',
      '/list?limit=3&offset=6',
      '/list?limit=3&offset=7',
    ]);
  });
});

describe.each([
  ['page', page, byPage],
  ['offset', offset, byOffset],
] as const)('%s', (_, pagination, by) => {
  it('reads on when a server gives fewer records than asked for', async () => {
    const { server, list } = await startSource(answering(by(5, 2)), {
      settings: { pagination },
    });

    await expect(list()).resolves.toMatchObject({ records: recordsOf(5) });
    expect(server.requests).toHaveLength(4);
  });

  it('reads on after a page with fewer records', async () => {
    const pages = [recordsOf(3), [{ id: 'x' }], [{ id: 'y' }, { id: 'z' }], []];
    const left = [...pages];
    const { server, list } = await startSource(
      answering(() => left.shift()),
      { settings: { pagination } },
    );

    await expect(list()).resolves.toMatchObject({
      type: 'listed',
      records: pages.flat(),
      unstablePagination: true,
    });
    expect(server.requests).toHaveLength(4);
  });

  it.each([
    ['the only page is full', [3, 0], true],
    ['the only page is short', [2, 0], true],
    ['the list is empty', [0], undefined],
  ])(
    'tells whether pagination was unstable when %s',
    async (_reason, sizes, unstablePagination) => {
      const left = sizes.map(recordsOf);
      const { list } = await startSource(
        answering(() => left.shift()),
        { settings: { pagination } },
      );

      const answer = (await list()) as { unstablePagination?: boolean };
      expect(answer.unstablePagination).toBe(unstablePagination);
    },
  );

  describe.each([2, 3])('after a first page of %d records', count => {
    it.each([400, 401, 403, 404, 405, 410, 416, 422, 500])(
      'fails on %d',
      async status => {
        let requests = 0;
        const { list } = await startSource(
          (_request, response) => {
            requests++;
            if (requests === 1) {
              sendJson(response, recordsOf(count));
            } else {
              response.writeHead(status).end();
            }
          },
          { settings: { pagination } },
        );

        await expect(failureOf(list())).resolves.toMatchObject({
          code: 'status',
          status,
        });
      },
    );

    it('fails if the same page comes again', async () => {
      const { server, list } = await startSource(
        answering(() => recordsOf(count)),
        { settings: { pagination } },
      );

      const error = await failureOf(list());
      expect(error.code).toBe('pagination');
      expect(error.message).toContain('"pagination.parameter"');
      expect(server.requests).toHaveLength(2);
    });

    it('fails if the token server refuses a new token', async () => {
      let tokens = 0;
      const tokenServer = await startServer((_request, response) => {
        tokens++;
        if (tokens === 1) {
          sendJson(response, { access_token: 't1', expires_in: 300 });
        } else {
          response.writeHead(400).end();
        }
      });
      let requests = 0;
      const { list } = await startSource(
        (_request, response) => {
          requests++;
          if (requests === 1) {
            sendJson(response, recordsOf(count));
          } else {
            response.writeHead(401).end();
          }
        },
        {
          settings: {
            pagination,
            auth: {
              type: 'oauth2',
              tokenUrl: `${tokenServer.origin}/token`,
              clientId: 'id',
              clientSecret: 'hidden',
              clientAuthentication: 'client_secret_basic',
            },
          },
        },
      );

      await expect(failureOf(list())).resolves.toMatchObject({
        code: 'status',
        status: 400,
      });
      expect(tokens).toBe(2);
    });
  });

  it('fails if the third page is not found, even after short ones', async () => {
    const { list } = await startSource(
      answering(params =>
        ['1', '2', '0'].includes(params.get(pagination.parameter)!)
          ? by(9, 2)(params, new URL('http://a'))
          : undefined,
      ),
      { settings: { pagination } },
    );

    await expect(failureOf(list())).resolves.toMatchObject({ status: 404 });
  });

  it('fails if there are more pages than "pagination.maxPages"', async () => {
    const { server, list } = await startSource(answering(by(1000)), {
      settings: { pagination },
    });

    const error = await failureOf(list());
    expect(error.code).toBe('pagination');
    expect(error.message).toContain(`more than 10 pages`);
    expect(server.requests).toHaveLength(10);
  });
});

describe('cursor', () => {
  it('follows cursors, also after a page without records', async () => {
    const { server, list } = await startSource(
      answering(byCursor(['a'], [], ['b', 'c'])),
      { settings: { pagination: cursor }, ...ofItems },
    );

    await expect(list()).resolves.toMatchObject({
      type: 'listed',
      records: ['a', 'b', 'c'],
    });
    expect(paths(server)).toEqual([
      '/list',
      '/list?cursor=c1',
      '/list?cursor=c2',
    ]);
  });

  it.each([undefined, null, ''])('ends at the cursor %j', async next => {
    const { server, list } = await startSource(
      answering(() => ({ items: ['a'] })),
      {
        settings: {
          pagination: { ...cursor, sizeParameter: 'n', pageSize: 7 },
        },
        ...ofItems,
        readCursor: async () => next,
      },
    );

    await expect(list()).resolves.toMatchObject({ records: ['a'] });
    expect(paths(server)).toEqual(['/list?n=7']);
  });

  it('encodes the cursor, which may be a number', async () => {
    const cursors: JsonValue[] = ['a&b=c/ü', 0, ''];
    const { server, list } = await startSource(
      answering(() => ({ items: [] })),
      {
        settings: { pagination: cursor },
        ...ofItems,
        readCursor: async () => cursors.shift(),
      },
    );

    await list();
    expect(paths(server).slice(1)).toEqual([
      '/list?cursor=a%26b%3Dc%2F%C3%BC',
      '/list?cursor=0',
    ]);
  });

  it.each([true, false, [], ['a'], {}])('refuses %j', async next => {
    const { list } = await startSource(
      answering(() => ({ items: [] })),
      {
        settings: { pagination: cursor },
        ...ofItems,
        readCursor: async () => next,
      },
    );

    await expect(failureOf(list())).resolves.toMatchObject({
      code: 'pagination',
    });
  });

  it.each([
    ['at once', ['x', 'x'], 2],
    ['in a circle', ['x', 'y', 'x'], 3],
  ])('fails if a cursor repeats %s', async (_, cursors, requests) => {
    const left = [...cursors];
    const { server, list } = await startSource(
      answering(() => ({ items: ['a'] })),
      {
        settings: { pagination: cursor },
        ...ofItems,
        readCursor: async () => left.shift(),
      },
    );

    const error = await failureOf(list());
    expect(error.code).toBe('pagination');
    expect(error.message).toContain('second time');
    expect(server.requests).toHaveLength(requests);
  });

  it('fails if the cursors do not end', async () => {
    let count = 0;
    const { server, list } = await startSource(
      answering(() => ({ items: [] })),
      {
        settings: { pagination: cursor },
        ...ofItems,
        readCursor: async () => String(count++),
      },
    );

    await expect(failureOf(list())).resolves.toMatchObject({
      code: 'pagination',
    });
    expect(server.requests).toHaveLength(10);
  });

  it('needs a way to read the cursor', async () => {
    const { list } = await startSource(
      answering(() => []),
      { settings: { pagination: cursor } },
    );
    await expect(list()).rejects.toThrow('readCursor');
  });
});

describe('cursor in the body', () => {
  const body = { query: '{ a }', variables: { first: 2 } };

  /** A source whose body gets these cursors, and the bodies that came. */
  async function startBodies(parameter: string, cursors: JsonValue[]) {
    const bodies: JsonValue[] = [];
    const started = await startSource(
      async (request, response) => {
        bodies.push(JSON.parse(await readText(request)));
        sendJson(response, { items: [`r${bodies.length}`] });
      },
      {
        settings: {
          method: 'POST',
          body,
          pagination: {
            type: 'cursor',
            next: 'next',
            in: 'body',
            parameter,
            maxPages: 10,
          },
        },
        ...ofItems,
        readCursor: async () => cursors.shift(),
      },
    );
    return { ...started, bodies };
  }

  it('is put at its path, beside what the body has', async () => {
    const { server, list, bodies } = await startBodies('variables.after', [
      'x',
      7,
    ]);

    await expect(list()).resolves.toMatchObject({
      records: ['r1', 'r2', 'r3'],
    });
    expect(bodies).toEqual([
      body,
      { query: '{ a }', variables: { first: 2, after: 'x' } },
      { query: '{ a }', variables: { first: 2, after: 7 } },
    ]);
    expect(paths(server)).toEqual(['/list', '/list', '/list']);
  });

  it.each([
    ['after', { ...body, after: 'x' }],
    ['page.after', { ...body, page: { after: 'x' } }],
  ])('makes what the path %s lacks', async (parameter, second) => {
    const { list, bodies } = await startBodies(parameter, ['x']);

    await list();
    expect(bodies).toEqual([body, second]);
  });

  it('fails if it repeats, since the server gives the same page', async () => {
    const { list, bodies } = await startBodies('variables.aftr', ['x', 'x']);

    const error = await failureOf(list());
    expect(error.message).toContain('second time, after 2 pages');
    expect(bodies).toHaveLength(2);
  });
});

describe('link', () => {
  it('follows links, relative ones as well', async () => {
    const { server, list } = await startSource(
      linked({
        '/list': '<?page=2>; rel="next"',
        '/list?page=2': '</other/3>; rel="prev next"',
        '/other/3': '<4#top>; rel="next"',
        '/other/4': '</list>; rel="first"',
      }),
      { settings: { pagination: link } },
    );

    await expect(list()).resolves.toEqual({
      type: 'listed',
      records: ['/list', '/list?page=2', '/other/3', '/other/4'],
    });
    expect(server.requests).toHaveLength(4);
  });

  it('resolves links against the URL after a redirect', async () => {
    const { server, list } = await startSource(
      (request, response) => {
        if (request.url === '/list') {
          response.writeHead(302, { location: '/v2/list' }).end();
          return;
        }
        linked({ '/v2/list': '<more>; rel=next' })(request, response);
      },
      { settings: { pagination: link } },
    );

    await list();
    expect(paths(server)).toEqual(['/list', '/v2/list', '/v2/more']);
  });

  it('adds the parameters of the source that a link leaves out', async () => {
    const { server, list } = await startSource(
      linked({ '/list?key=1&view=full': '<?view=all&page=2>; rel=next' }),
      {
        settings: {
          pagination: link,
          query: { key: '1', view: 'full' },
        },
      },
    );

    await list();
    expect(paths(server)[1]).toBe('/list?view=all&page=2&key=1');
  });

  it('sends nothing to another origin', async () => {
    const other = await startServer((_, response) => response.end('[]'));
    const { list } = await startSource(
      linked({ '/list': `<${other.origin}/list?token=hidden>; rel=next` }),
      {
        settings: {
          pagination: link,
          auth: { type: 'bearer', token: 'hidden' },
        },
      },
    );

    const error = await failureOf(list());
    expect(error.code).toBe('pagination');
    expect(error.message).toContain(`another origin, ${other.origin}`);
    expect(error.message).not.toContain('hidden');
    expect(other.requests).toEqual([]);
  });

  it.each([
    'data:application/json,[]',
    '//evil.example.com/',
    'https://127.0.0.1/',
    'http://[',
  ])('refuses the link %s', async target => {
    const { server, list } = await startSource(
      linked({ '/list': `<${target}>; rel=next` }),
      { settings: { pagination: link } },
    );

    await expect(failureOf(list())).resolves.toMatchObject({
      code: 'pagination',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('refuses a link with a user name', async () => {
    const { server, list, origin } = await startSource(
      (request, response) =>
        linked({
          '/list': `<http://u:p@${request.headers.host}/2>; rel=next`,
        })(request, response),
      { settings: { pagination: link } },
    );

    expect(origin).toBeDefined();
    await expect(failureOf(list())).resolves.toMatchObject({
      code: 'pagination',
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['itself', '</list>; rel=next'],
    ['itself in other words', '<./list#2>; rel=next'],
    ['what is no link', 'next'],
  ])('fails on a page that links to %s', async (_, header) => {
    const { server, list } = await startSource(linked({ '/list': header }), {
      settings: { pagination: link },
    });

    await expect(failureOf(list())).resolves.toMatchObject({
      code: 'pagination',
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('link in the answer', () => {
  /** Pages by their path, with these links. */
  const linkedInside = (links: Record<string, JsonValue | undefined>) =>
    answering((_, { pathname, search }) => ({
      items: [pathname + search],
      next: links[pathname + search],
    }));

  const inside = {
    ...ofItems,
    listPath: ['items'],
    settings: { pagination: { ...link, next: 'next' } },
  };

  it('is followed, relative to the URL after a redirect', async () => {
    const { server, list } = await startSource((request, response) => {
      if (request.url === '/list') {
        response.writeHead(302, { location: '/v2/list' }).end();
        return;
      }
      linkedInside({
        '/v2/list': '?page=2',
        '/v2/list?page=2': '3#top',
        '/v2/3': `http://${request.headers.host}/v2/4`,
      })(request, response);
    }, inside);

    await expect(list()).resolves.toMatchObject({
      records: ['/v2/list', '/v2/list?page=2', '/v2/3', '/v2/4'],
    });
    expect(server.requests).toHaveLength(5);
  });

  it('is preferred to the header', async () => {
    const { list } = await startSource((_, response) => {
      sendJson(response, { items: ['a'] }, { link: '<more>; rel=next' });
    }, inside);

    await expect(list()).resolves.toMatchObject({ records: ['a'] });
  });

  it('gets the parameters of the source that it leaves out', async () => {
    const { server, list } = await startSource(
      linkedInside({ '/list?key=1': '?page=2' }),
      { ...inside, settings: { ...inside.settings, query: { key: '1' } } },
    );

    await list();
    expect(paths(server)).toEqual(['/list?key=1', '/list?page=2&key=1']);
  });

  it.each([undefined, null, ''])('ends the list if it is %j', async next => {
    const { server, list } = await startSource(
      linkedInside({ '/list': next }),
      inside,
    );

    await expect(list()).resolves.toMatchObject({ records: ['/list'] });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    7,
    false,
    ['/more'],
    { href: '/more' },
    'http://[',
    '/list',
    '//evil.example.com/?token=hidden',
    'data:application/json,[]',
    'http://u:p@127.0.0.1/',
  ])('fails the list if it is %j', async next => {
    const { server, list } = await startSource(
      linkedInside({ '/list': next }),
      inside,
    );

    const error = await failureOf(list());
    expect(error.code).toBe('pagination');
    expect(error.message).not.toContain('hidden');
    expect(server.requests).toHaveLength(1);
  });

  it('needs a way to read it', async () => {
    const { list } = await startSource(
      answering(() => []),
      { settings: inside.settings },
    );
    await expect(list()).rejects.toThrow('readCursor');
  });
});

describe('a page that fails', () => {
  it('fails the list, even after a short page', async () => {
    const { list } = await startSource(
      (request, response) => {
        if (request.url !== '/list?n=3') {
          response.writeHead(404).end();
          return;
        }
        linked({ '/list?n=3': '</gone>; rel=next' })(request, response);
      },
      {
        settings: { pagination: { ...link, sizeParameter: 'n', pageSize: 3 } },
      },
    );

    await expect(failureOf(list())).resolves.toMatchObject({ status: 404 });
  });

  it('is retried, without the pages before it', async () => {
    let broken = 2;
    const { server, list, waits } = await startSource(
      (request, response) => {
        if (request.url!.includes('page=2') && broken-- > 0) {
          response.writeHead(503).end();
          return;
        }
        answering(byPage(4))(request, response);
      },
      { settings: { pagination: page } },
    );

    await expect(list()).resolves.toMatchObject({ records: recordsOf(4) });
    expect(waits).toEqual([1500, 4500]);
    expect(server.requests).toHaveLength(5);
  });

  it('fails the whole list after the last retry, and is named', async () => {
    const { server, list, waits } = await startSource(
      (request, response) => {
        if (request.url!.includes('page=2')) {
          response.writeHead(503).end();
          return;
        }
        answering(byPage(4))(request, response);
      },
      { settings: { pagination: page } },
    );

    const error = await failureOf(list());
    expect(error.status).toBe(503);
    expect(error.message).toContain('/list (page 2) answered 503');
    expect(waits).toEqual([1500, 4500, 13_500]);
    expect(server.requests).toHaveLength(5);
  });
});

describe('an answer that asks to wait', () => {
  /** Three pages, of which the first ones ask for that. */
  const asking = (headers: Record<string, string>, status = 200) =>
    startSource(
      (request, response) => {
        const isFirst = request.url === '/list';
        if (isFirst && status !== 200) {
          response.writeHead(status, headers).end();
          return;
        }
        const links: Record<string, string> = {
          '/list': '</b>; rel=next',
          '/b': '</c>; rel=next',
        };
        const next = links[request.url!];
        sendJson(response, [request.url!], {
          ...(isFirst && headers),
          ...(next && { link: next }),
        });
      },
      { settings: { pagination: link } },
    );

  it.each([
    ['Retry-After', { 'retry-after': '30' }],
    [
      'a rate limit of which nothing remains',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' },
    ],
    ['the delay of Azure', { 'x-ratelimit-delay': '30' }],
  ])('by %s makes the next page wait', async (_, headers) => {
    const { list, waits } = await asking(headers);

    await expect(list()).resolves.toMatchObject({
      records: ['/list', '/b', '/c'],
    });
    expect(waits).toEqual([30_000]);
  });

  it('for longer than the run may take ends it, to be tried then', async () => {
    const { server, list, waits } = await asking({ 'retry-after': '300' });

    const error = await failureOf(list());
    expect(error.message).toContain(
      '/b (page 2) was not sent: an earlier answer asked to wait until 2026-01-02T03:09:05.000Z',
    );
    expect(error.retryAfterMs).toBe(300_000);
    expect(waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('is obeyed for as long if it is not read for another reason', async () => {
    const html = { 'retry-after': '7200', 'content-type': 'text/html' };
    await expect(failureOf((await asking(html)).list())).resolves.toMatchObject(
      { code: 'content-type', retryAfterMs: 7_200_000 },
    );
    const { list } = await asking({ 'retry-after': '7200' }, 404);
    await expect(failureOf(list())).resolves.toMatchObject({
      status: 404,
      retryAfterMs: 7_200_000,
    });
  });

  it.each([200, 304])(
    'on the last page (%d) leaves the list as it was read, and says until when to wait',
    async status => {
      const { list } = await startSource((_, response) => {
        response.writeHead(status, {
          'retry-after': '300',
          'content-type': 'application/json',
        });
        response.end(status === 200 ? '["a"]' : '');
      });

      await expect(list({ etag: '"1"' })).resolves.toMatchObject({
        type: status === 200 ? 'listed' : 'not-modified',
        retryAt: new Date('2026-01-02T03:09:05Z'),
      });
    },
  );
});

it('says which page it reads, for a run that takes too long', async () => {
  const { source, origin } = await startSource(answering(byPage(2)), {
    settings: { pagination: page, query: { key: 's3cret' } },
  });
  const said: string[] = [];
  await source.list({
    signal: new AbortController().signal,
    sink: collectingSink().sink,
    onRequest: what => said.push(what),
  });
  expect(said).toEqual([
    `page 1 of GET ${origin}/list`,
    `page 2 of GET ${origin}/list`,
  ]);
});
