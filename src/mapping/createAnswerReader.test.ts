import { createAnswerReader } from './createAnswerReader';
import { createRecordSelector } from './selectRecords';

const WITHOUT_PATH = { listPath: [] };

const answerReader = (text: string | undefined) =>
  createAnswerReader(
    { name: 'registry' },
    { key: 'pagination.next', text },
    WITHOUT_PATH,
  );

const reader = (text: string) => answerReader(text)!.read;

describe('createAnswerReader', () => {
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

  it('keeps the value out of its message', async () => {
    await expect(reader('$number(next)')({ next: 's3cret' })).rejects.toThrow(
      /"\$number\(next\)" at position 8 fails: Unable to cast value to a number$/,
    );
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
    ['meta.next & ""', 'items', false],
    ['true', 'items', false],
    ['status = "ok" and meta.left = 0', 'items', false],
    ['$count(items) = meta.total', 'items', true],
    ['meta.next', undefined, true],
    ['meta.next', 'items[active]', true],
  ])('%s of a list at %p needs records: %p', (text, records, needsWhole) => {
    const selector = createRecordSelector({ name: 'registry', records });
    const setting = { key: 'pagination.next', text };
    expect(
      createAnswerReader({ name: 'registry' }, setting, selector)!.needsWhole,
    ).toBe(needsWhole);
  });

  it('is none for a source without the expression', () => {
    expect(answerReader(undefined)).toBeUndefined();
  });
});
