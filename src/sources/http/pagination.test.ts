import { createPagination, type ListProgress } from './pagination';

const BASE = 'https://registry.example.com/list';

/** The URL that a `Link` header leads to, or undefined at the end of the list. */
async function follow(link: string | undefined): Promise<string | undefined> {
  const { nextPage } = createPagination({
    name: 'services',
    url: BASE,
    method: 'GET',
    pagination: { type: 'link', maxPages: 10 },
  });
  const progress: ListProgress = {
    page: {
      type: 'json',
      value: { answer: [], count: 0, digest: '' },
      url: BASE,
      link,
    },
    pages: 1,
    records: 0,
  };
  return (await nextPage(progress))?.url.href.replace(/^https:[/]{2}[^/]*/, '');
}

describe('a Link header', () => {
  it.each([
    ['</a?page=2>; rel="next"', '/a?page=2'],
    [`<${BASE}/x>;rel=next`, '/list/x'],
    ['</1>; rel="prev", </3>; rel="next"', '/3'],
    ['</1>; rel="next last"', '/1'],
    ['</1>; REL="Next"', '/1'],
    ['</1> ; title="a, b; <c> \\" rel=prev" ; rel="next"', '/1'],
    ['</1,2;3>; rel=next', '/1,2;3'],
    [`</1>; title*=UTF-8''n%c3%a4chstes; rel=next`, '/1'],
    ['</1>; rel=next;', '/1'],
    ['<>; rel=next', '/list'],
  ])('leads on: %s', async (header, target) => {
    await expect(follow(header)).resolves.toBe(target);
  });

  it.each([
    undefined,
    '',
    '  ',
    '</1>',
    '</1>; rel="prev"',
    '</1>; rel=nextish',
    '</1>; title="next"',
    '</1>; rel=prev; rel=next',
    '</1>; rel="http://a.example.com/next"',
  ])('is the end of the list: %j', async header => {
    await expect(follow(header)).resolves.toBeUndefined();
  });

  it.each([
    '/1; rel=next',
    '</1; rel=next',
    '</1> rel=next',
    '</0>; rel=prev </1>; rel=next',
    '</0>; rel="prev" </1>; rel=next',
    '</1>; crossorigin; rel=next',
    '</0>; crossorigin, </1>; rel=next',
    '</1>; rel=""; rel=next',
    '</1>; uri=x; rel=next',
    '</1>; rel=next, broken',
  ])('cannot be read: %s', async header => {
    await expect(follow(header)).rejects.toMatchObject({
      name: 'SourceError',
      code: 'pagination',
    });
  });

  it('may have thousands of links', async () => {
    const links = Array.from({ length: 5000 }, () => '</a>; rel="prev\\"x"');
    const header = [...links, '</b>; rel=next'].join(',');
    await expect(follow(header)).resolves.toBe('/b');
  });
});
