import { redactValues, safeText } from './columns';

describe('safeText', () => {
  it('replaces what PostgreSQL refuses, and keeps the rest', () => {
    expect(safeText('a\0b')).toBe('a\uFFFDb');
    expect(safeText('a\uD83Db \uDE00')).toBe('a\uFFFDb \uFFFD');
    expect(safeText('\u{1F600}')).toBe('\u{1F600}');
    expect(safeText('größer\n')).toBe('größer\n');
  });
});

describe('redactValues', () => {
  it('returns what the operation returns', async () => {
    await expect(redactValues(async () => 1)).resolves.toBe(1);
  });

  it.each([
    [Object.assign(new Error("values ('x')"), { code: '23505' }), '23505'],
    [new TypeError("values ('x')"), 'TypeError'],
  ])('keeps only the code of an error', async (error, code) => {
    await expect(
      redactValues(async () => {
        throw error;
      }),
    ).rejects.toThrow(new Error(`The database failed with "${code}"`));
  });

  it('keeps the code of an error that passes through twice', async () => {
    const fail = async () => {
      throw Object.assign(new Error("values ('x')"), { code: '23505' });
    };
    await expect(redactValues(() => redactValues(fail))).rejects.toThrow(
      'The database failed with "23505"',
    );
  });
});
