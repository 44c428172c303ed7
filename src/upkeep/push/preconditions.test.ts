import { isConditional, mayWrite, readPreconditions } from './preconditions';

const WITH = (header: string, value: string) =>
  readPreconditions({ [header]: value });

describe('If-Match', () => {
  it.each([
    ['"one"', 'one', true],
    ['"one"', 'two', false],
    ['"one"', undefined, false],
    ['  "one"\t', 'one', true],
    ['"two", "one"', 'one', true],
    ['"two","three"', 'one', false],
    [', ,"one",', 'one', true],
    ['""', '', true],
    // Strong comparison: a weak tag never matches.
    ['W/"one"', 'one', false],
    ['W/"one", "one"', 'one', true],
    ['*', 'one', true],
    [' * ', 'one', true],
    ['*', undefined, false],
    // A comma within the quotes is part of the tag.
    ['"a,b"', 'a,b', true],
    ['"a,b"', 'a', false],
  ])('%s lets a write to %j pass: %p', (value, current, passes) => {
    expect(mayWrite(WITH('if-match', value), current)).toBe(passes);
  });
});

describe('If-None-Match', () => {
  it.each([
    ['*', undefined, true],
    ['*', 'one', false],
    ['"one"', 'one', false],
    ['"one"', 'two', true],
    ['"one"', undefined, true],
    // Weak comparison: a weak tag is like a strong one.
    ['W/"one"', 'one', false],
    ['"two", W/"one"', 'one', false],
  ])('%s lets a write to %j pass: %p', (value, current, passes) => {
    expect(mayWrite(WITH('if-none-match', value), current)).toBe(passes);
  });
});

it('needs both to hold where both are given', () => {
  const both = readPreconditions({
    'if-match': '"one"',
    'if-none-match': '"two"',
  });
  expect(mayWrite(both, 'one')).toBe(true);
  expect(mayWrite(both, 'two')).toBe(false);
});

it('lets everything pass without either', () => {
  expect(mayWrite(readPreconditions({}), 'one')).toBe(true);
  expect(isConditional(readPreconditions({}))).toBe(false);
  expect(isConditional(WITH('if-match', '*'))).toBe(true);
  expect(isConditional(WITH('if-none-match', '*'))).toBe(true);
});

it.each([
  '',
  ' ',
  ',',
  'one',
  '"one',
  'one"',
  '"one" "two"',
  '"one";"two"',
  'w/"one"',
  'W/one',
  'W/',
  '"a b"',
  '"one", *',
  '*, "one"',
  '**',
  '  x',
])('refuses %j, and names the header', value => {
  expect(() => WITH('if-match', value)).toThrow(/^If-Match: .* is neither/);
  expect(() => WITH('if-none-match', value)).toThrow(/^If-None-Match: /);
});
