import { createCase } from './createCase';
import { Random } from './Random';

const caseOf = (seed: number, nth: number) =>
  createCase({
    random: Random.of(seed, nth),
    id: `${nth}`,
    time: new Date(0),
  });

describe('createCase', () => {
  it('gives the same case for the same seed and number', () => {
    for (let nth = 0; nth < 200; nth += 1) {
      expect(caseOf(7, nth)).toEqual(caseOf(7, nth));
    }
    expect(caseOf(8, 0).bytes.equals(caseOf(7, 0).bytes)).toBe(false);
  });

  it('has all kinds among a few hundred', () => {
    const kinds = Array.from({ length: 500 }, (_, nth) => caseOf(7, nth).kind);
    expect([...new Set(kinds)].sort()).toEqual([
      'chunked',
      'compressed',
      'cut off',
      'extra headers',
      'framing',
      'good',
      'noise',
      'odd content',
      'other body',
      'other path',
      'other signature',
    ]);
  });
});
