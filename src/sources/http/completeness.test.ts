import type { JsonValue } from '@backstage/types';
import { closeServers } from '../__testUtils__/servers';
import { sendJson, startSource } from '../__testUtils__/startSource';

afterEach(closeServers);

const items = (count: number) => Array.from({ length: count }, (_, id) => id);
const atItems = {
  listPath: ['items'],
  selectRecords: async (answer: JsonValue) =>
    (answer as { items: JsonValue[] }).items,
};

/** Why a list in these pages is not whole, as the answers say. */
async function reasonOf(
  pages: JsonValue[],
  options: Parameters<typeof startSource>[1] = {},
  headers: Record<string, string> = {},
) {
  const { list } = await startSource(
    (request, response) => {
      const page = Number(
        new URL(request.url!, 'http://a').searchParams.get('c'),
      );
      sendJson(response, pages[page], headers);
    },
    {
      ...atItems,
      readCursor: async answer => (answer as { next?: JsonValue }).next,
      ...options,
      settings: {
        pagination: {
          type: 'cursor',
          in: 'query',
          next: 'next',
          parameter: 'c',
          maxPages: 9,
        },
        ...options.settings,
      },
    },
  );
  const answer = await list();
  return answer.type === 'listed' ? answer.incomplete : answer;
}

describe('a list that says itself that it is not whole', () => {
  it.each<[string, JsonValue[], string]>([
    [
      'an error beside its records',
      [{ items: items(2), error: { message: 's3cret', code: 's3cret' } }],
      'the answer has "error", an object with the keys "message", "code"',
    ],
    [
      'errors on any of its pages',
      [{ items: items(2), errors: ['s3cret'], next: 1 }, { items: items(1) }],
      'the answer has "errors", a list of 1',
    ],
    [
      'an error after its records',
      [{ items: items(2), error: 's3cret' }],
      'the answer has "error", a string',
    ],
    [
      'a total greater than what all pages brought',
      [
        { total: 5, items: items(2), next: 1 },
        { total: 4, items: items(1) },
      ],
      'the answer says "total": 4, and 3 records came',
    ],
    [
      'a total as text',
      [{ totalCount: '3', items: items(2) }],
      'the answer says "totalCount": 3, and 2 records came',
    ],
    [
      'the count of OData, which is that of all pages',
      [{ '@odata.count': 3, items: items(2) }],
      'the answer says "@odata.count": 3, and 2 records came',
    ],
    [
      'more, without a next page',
      [{ items: items(2), hasMore: true }],
      'the answer says "hasMore": true, and there is no next page',
    ],
    [
      'a total in an object beside the list',
      [{ items: items(2), meta: { total_count: 3 } }],
      'the answer says "meta.total_count": 3, and 2 records came',
    ],
    [
      'more in an object beside the list',
      [{ items: items(2), pageInfo: { hasNextPage: true } }],
      'the answer says "pageInfo.hasNextPage": true, and there is no next page',
    ],
    [
      'being cut, on any of its pages',
      [{ incomplete_results: true, items: items(2), next: 1 }, { items: [] }],
      'the answer says "incomplete_results": true',
    ],
  ])('is incomplete by %s', async (_, pages, sign) => {
    await expect(reasonOf(pages)).resolves.toBe(
      `the list may not be whole: ${sign}; if it is whole all the same, set "complete: true" for the source`,
    );
  });

  it('is incomplete by what stands beside a list further inside', async () => {
    const inside = {
      listPath: ['data', 'items'],
      selectRecords: async (answer: any) => answer.data.items,
    };
    await expect(
      reasonOf([{ data: { items: items(2), totalItems: 3 } }], inside),
    ).resolves.toContain('"data.totalItems": 3, and 2 records came');
    await expect(
      reasonOf([{ errors: [{}], data: { items: items(2) } }], inside),
    ).resolves.toContain('"errors", a list of 1');
  });

  it('is incomplete by the header with the total, also if it is the answer itself', async () => {
    const itself = {
      listPath: [],
      selectRecords: async (answer: JsonValue) => answer as JsonValue[],
      readCursor: async () => undefined,
    };
    const headers = { 'x-total-count': '46' };
    await expect(reasonOf([items(40)], itself, headers)).resolves.toContain(
      '"X-Total-Count": 46, and 40 records came',
    );
    await expect(reasonOf([items(46)], itself, headers)).resolves.toBe(
      undefined,
    );
  });

  it.each<[string, JsonValue, Record<string, string>, string]>([
    ['a cursor', { next_cursor: 'abc' }, {}, 'next_cursor'],
    ['a link', { _links: { next: { href: '/?p=2' } } }, {}, '_links.next'],
    ['the header', {}, { link: '</?p=2>; rel="next"' }, 'Link'],
  ])(
    'is incomplete by %s to a next page where the source has no pagination',
    async (_, beside, headers, name) => {
      const page = { items: items(2), ...(beside as object) };
      const unpaged = { settings: { pagination: { type: 'none' as const } } };
      await expect(reasonOf([page], unpaged, headers)).resolves.toContain(
        `the answer names a next page in "${name}", and the source has no "pagination"`,
      );
      await expect(reasonOf([page], {}, headers)).resolves.toBeUndefined();
    },
  );

  it.each<[string, JsonValue[]]>([
    [
      'no next page',
      [{ items: items(2), links: { next: null }, truncated: false }],
    ],
    ['nothing but records', [{ items: items(2) }]],
    [
      'empty errors',
      [
        { items: items(2), error: null, errors: [] },
        { items: [], error: '' },
      ],
    ],
    ['the error false', [{ items: items(2), error: false, errors: {} }]],
    ['the total of what came', [{ items: items(2), total: 2, hasMore: false }]],
    [
      'more, and a next page',
      [{ items: items(2), has_more: true, next: 1 }, { items: items(2) }],
    ],
    ['a count, which may be of the page', [{ items: items(2), count: 7 }]],
    ['a total that is no number', [{ items: items(2), total: { value: 7 } }]],
  ])('is whole with %s', async (_, pages) => {
    await expect(reasonOf(pages)).resolves.toBeUndefined();
  });

  it('compares no total where "records" takes only some of the list', async () => {
    const filtered = { listPath: undefined };
    await expect(
      reasonOf([{ items: items(2), total: 7 }], filtered),
    ).resolves.toBeUndefined();
    await expect(
      reasonOf([{ items: items(2), error: 'x' }], filtered),
    ).resolves.toContain('"error"');
  });

  it('is judged by "complete" alone where the source has that, on the last page', async () => {
    const complete = (key: string) => ({
      readComplete: async (answer: any) => answer[key],
    });
    const pages = [
      { items: items(2), error: 'x', total: 9, done: false, next: 1 },
      { items: items(2), done: true, left: 3, failed: false },
    ];
    await expect(reasonOf(pages, complete('done'))).resolves.toBeUndefined();
    await expect(reasonOf(pages, complete('failed'))).resolves.toBe(
      'the list may not be whole: the key "complete" of the source gives false for the answer of its last page',
    );
    await expect(reasonOf(pages, complete('left'))).resolves.toContain(
      'gives a number',
    );
  });
});
