import { percentile } from './percentile';

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.95, 95],
    [0.99, 99],
    [1, 100],
  ])('%d of a hundred is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('is one of the values', () => {
    expect(percentile([3, 1, 2], 0.5)).toBe(2);
    expect(percentile([4, 1, 3, 2, 5], 0.95)).toBe(5);
  });

  it('is the only value there is', () => {
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('is not made up of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow('no percentile');
  });
});
