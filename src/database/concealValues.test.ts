import { concealValues } from './safeText';

describe('concealValues', () => {
  it('gives what the operation gives', async () => {
    await expect(concealValues(async () => 1)).resolves.toBe(1);
  });

  it.each([
    [Object.assign(new Error("values ('x')"), { code: '23505' }), '23505'],
    [new TypeError("values ('x')"), 'TypeError'],
  ])('tells the code of an error alone', async (error, code) => {
    await expect(
      concealValues(async () => {
        throw error;
      }),
    ).rejects.toThrow(new Error(`The database failed with '${code}'`));
  });
});
