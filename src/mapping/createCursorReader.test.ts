import { createCursorReader } from './createCursorReader';
import { createRecordSelector } from './selectRecords';

const WITHOUT_PATH = { listPath: [] };

const reader = (next: string) =>
  createCursorReader(
    {
      name: 'registry',
      pagination: {
        type: 'cursor',
        next,
        parameter: 'cursor',
        maxPages: 10,
      },
    },
    WITHOUT_PATH,
  )!.read;

describe('createCursorReader', () => {
  it('finds the cursor of the next page, or none', async () => {
    const read = reader('meta.next');

    await expect(read({ meta: { next: 'abc' } })).resolves.toBe('abc');
    await expect(read({ meta: {} })).resolves.toBeUndefined();
  });

  it('fails if the expression fails', async () => {
    await expect(reader('$number(next)')({ next: 'x' })).rejects.toMatchObject({
      name: 'SourceError',
      code: 'pagination',
      message: expect.stringContaining('"registry"'),
    });
  });

  it('names the setting of an expression that cannot be used', () => {
    expect(() => reader('meta.(')).toThrow(/"registry": pagination\.next/);
  });

  it('keeps the value out of its message', async () => {
    await expect(reader('$number(next)')({ next: 's3cret' })).rejects.toThrow(
      /"\$number\(next\)" at position 8 fails: Unable to cast value to a number$/,
    );
  });

  it('finds the URL of the next page for a source with links in its answers', async () => {
    const links = createCursorReader(
      {
        name: 'registry',
        pagination: { type: 'link', next: 'links.next', maxPages: 10 },
      },
      WITHOUT_PATH,
    )!;
    await expect(links.read({ links: { next: '/b' } })).resolves.toBe('/b');
    expect(
      createCursorReader(
        { name: 'registry', pagination: { type: 'link', maxPages: 10 } },
        WITHOUT_PATH,
      ),
    ).toBeUndefined();
  });

  it.each<[string, string | undefined, boolean]>([
    ['meta.next', 'data.items', false],
    ['$$.meta.next', 'data.items', false],
    ['data.next', 'data.items', false],
    ['next', 'items', false],
    ['data', 'data.items', true],
    ['data.items', 'data.items', true],
    ['items.id', 'items', true],
    ['items[-1].id', 'items', true],
    ['$count(items) > 0 ? meta.next', 'items', true],
    ['meta.next & ""', 'items', true],
    ['meta.next', undefined, true],
    ['meta.next', 'items[active]', true],
  ])('%s of a list at %p needs records: %p', (next, records, needsWhole) => {
    const settings = {
      name: 'registry',
      records,
      pagination: {
        type: 'cursor' as const,
        next,
        parameter: 'c',
        maxPages: 10,
      },
    };
    const selector = createRecordSelector(settings);
    expect(createCursorReader(settings, selector)!.needsWhole).toBe(needsWhole);
  });

  it('is none for a source without cursors', () => {
    expect(
      createCursorReader(
        { name: 'registry', pagination: { type: 'none' } },
        WITHOUT_PATH,
      ),
    ).toBeUndefined();
  });
});
