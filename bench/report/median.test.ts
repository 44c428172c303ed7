import { median } from './median';

describe('median', () => {
  it.each([
    [[3], 3],
    [[10, 9, 1], 9],
    [[4, 1, 3, 2], 2.5],
    [[100, 20, 3], 20],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves its values in their order, and needs one', () => {
    const values = [2, 1];
    median(values);
    expect(values).toEqual([2, 1]);
    expect(() => median([])).toThrow('no median');
  });
});
