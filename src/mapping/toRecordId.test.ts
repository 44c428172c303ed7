import { toRecordId } from './toRecordId';

describe('toRecordId', () => {
  it.each([
    ['a', 'a'],
    [' a b ', ' a b '],
    ['é😀', 'é😀'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [0, '0'],
    [-7, '-7'],
    [1.5, '1.5'],
    [2 ** 53 - 1, '9007199254740991'],
  ])('takes %p', (value, id) => {
    expect(toRecordId(value)).toBe(id);
  });

  it.each([
    undefined,
    null,
    true,
    '',
    'x'.repeat(256),
    'a\nb',
    'a\u0000',
    'a\u0085',
    '\ud800',
    ['a'],
    { a: 1 },
  ])('takes no %p', value => {
    expect(toRecordId(value)).toBeUndefined();
  });

  it('takes no number that JSON may have rounded to that of its neighbour', () => {
    expect(toRecordId(JSON.parse('1234567890123456789'))).toBeUndefined();
    expect(toRecordId(2 ** 53)).toBeUndefined();
    expect(toRecordId(1e300)).toBeUndefined();
  });
});
