import { createCursorReader } from './createCursorReader';

const reader = (next: string) =>
  createCursorReader({
    name: 'registry',
    pagination: {
      type: 'cursor',
      next,
      parameter: 'cursor',
      maxPages: 10,
    },
  })!;

describe('createCursorReader', () => {
  it('finds the cursor of the next page, or none', async () => {
    const read = reader('meta.next');

    await expect(read({ meta: { next: 'abc' } })).resolves.toBe('abc');
    await expect(read({ meta: {} })).resolves.toBeUndefined();
  });

  it('fails where the expression does', async () => {
    await expect(reader('$number(next)')({ next: 'x' })).rejects.toMatchObject({
      name: 'SourceError',
      code: 'pagination',
      message: expect.stringContaining('"registry"'),
    });
  });

  it('says where an expression stands that cannot be used', () => {
    expect(() => reader('meta.(')).toThrow(/"registry": pagination\.next/);
  });

  it('is none for a source without cursors', () => {
    expect(
      createCursorReader({ name: 'registry', pagination: { type: 'none' } }),
    ).toBeUndefined();
  });
});
