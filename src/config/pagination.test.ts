import { formatKey, parse } from './messages';
import { pagination } from './pagination';

const read = (value: unknown) => parse(pagination, value, ['pagination']);

function faultOf(value: unknown) {
  const parsed = read(value);
  if (parsed.type === 'ok') {
    throw new Error('Expected a fault');
  }
  return parsed.faults
    .map(({ path, reason }) => `${formatKey(path)} ${reason}`)
    .join('\n');
}

describe('pagination', () => {
  it.each([
    [{ type: 'none' }, {}],
    [{ type: 'link' }, { maxPages: 1000 }],
    [{ type: 'link', next: 'links.next' }, { maxPages: 1000 }],
    [
      { type: 'link', sizeParameter: 'per_page' },
      { pageSize: 100, maxPages: 1000 },
    ],
    [
      { type: 'link', pageSize: '20' },
      { pageSize: 20, maxPages: 1000 },
    ],
    [
      { type: 'cursor', next: 'meta.next' },
      { in: 'query', parameter: 'cursor', maxPages: 1000 },
    ],
    [
      { type: 'cursor', next: 'a', in: 'body', parameter: 'variables.after' },
      { maxPages: 1000 },
    ],
    [{ type: 'page' }, { parameter: 'page', first: 1, maxPages: 1000 }],
    [
      { type: 'page', first: 0, parameter: 'p', sizeParameter: 'size' },
      { pageSize: 100, maxPages: 1000 },
    ],
    [
      { type: 'offset', maxPages: 5 },
      { parameter: 'offset', sizeParameter: 'limit', pageSize: 100 },
    ],
    [
      { type: 'offset', pageSize: 50, parameter: 'skip', sizeParameter: 'top' },
      { maxPages: 1000 },
    ],
  ])('reads %j', (value, defaults) => {
    const pageSize = 'pageSize' in value ? Number(value.pageSize) : undefined;
    expect(read(value)).toEqual({
      type: 'ok',
      value: { ...value, ...defaults, ...(pageSize && { pageSize }) },
    });
  });

  it.each([
    [{}, 'pagination.type is missing'],
    [
      { type: 'pages' },
      'pagination.type must be "none", "link", "cursor", "page" or "offset"',
    ],
    [{ type: 'toString' }, 'pagination.type must be "none"'],
    [{ type: 5 }, 'pagination.type must be a string, not a number'],
    ['link', 'pagination must be a map of keys and values, not a string'],
    [{ type: 'none', maxPages: 1 }, 'pagination.maxPages unknown key'],
    [{ type: 'link', next: ' ' }, 'pagination.next is empty'],
    [{ type: 'page', next: 'a' }, 'pagination.next unknown key'],
    [{ type: 'cursor' }, 'pagination.next is missing'],
    [{ type: 'cursor', next: '${{ a }}' }, 'pagination.next "${{ a }}" is a'],
    [
      { type: 'cursor', next: 'a', in: 'header' },
      'pagination.in must be "query" or "body"',
    ],
    [{ type: 'page', in: 'body' }, 'pagination.in unknown key'],
    [{ type: 'page', parameter: '' }, 'pagination.parameter is empty'],
    [{ type: 'page', first: 1.5 }, 'pagination.first 1.5 is not'],
    [{ type: 'page', pagesize: 1 }, 'did you mean "pageSize"?'],
    [{ type: 'offset', pageSize: 0 }, 'pagination.pageSize 0 is not'],
    [{ type: 'offset', maxPages: 'all' }, 'pagination.maxPages must be'],
  ])('reports %j', (value, text) => {
    expect(faultOf(value)).toContain(text);
  });

  it('reports all faults at once', () => {
    expect(
      faultOf({ type: 'cursor', parameter: '', maxPages: 0 }).split('\n'),
    ).toHaveLength(3);
  });
});
