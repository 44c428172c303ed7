import type { JsonValue } from '@backstage/types';
import { compileExpression } from './compileExpression';

const failureOf = (text: string, input: JsonValue = {}) =>
  compileExpression(text).evaluate(input);

const SECRET = 's3cret';

describe('a failure', () => {
  it.each<[string, JsonValue, string, string | undefined]>([
    ['$number(a)', SECRET, 'Unable to cast value to a number', '"s3cret"'],
    ['-a', SECRET, 'Cannot negate a non-numeric value', '"s3cret"'],
    [
      '1 + a',
      SECRET,
      'The right side of the "+" operator must evaluate to a number',
      '"s3cret"',
    ],
    [
      'a < 1',
      SECRET,
      'The values … and … either side of operator "<" must be of the same data type',
      '"s3cret"',
    ],
    [
      '$uppercase(a)',
      [SECRET],
      'Argument 1 of function "uppercase" does not match function signature',
      '["s3cret"]',
    ],
    [
      '$sum(a)',
      [SECRET],
      'Argument 1 of function "sum" must be an array of "numbers"',
      '["s3cret"]',
    ],
    [
      '$toMillis(a)',
      SECRET,
      'The argument of the toMillis function must be an ISO 8601 formatted timestamp',
      '"s3cret"',
    ],
    [
      '$decodeUrl(a)',
      '%E0%A4%A',
      'Malformed URL passed to $decodeUrl()',
      '"%E0%A4%A"',
    ],
    [
      '{ a: 1, "s3cret": 2 }',
      SECRET,
      'Multiple key definitions evaluate to same key',
      '"s3cret"',
    ],
    [
      '$error("bad " & a)',
      SECRET,
      'the expression raised an error',
      '"bad s3cret"',
    ],
    ['$assert(a = 1, a)', SECRET, 'the expression raised an error', '"s3cret"'],
    ['$error("no tier")', SECRET, 'no tier', undefined],
    ['$slug(a)', [SECRET], '$slug takes a text, not a list', '["s3cret"]'],
    [
      '$power(a, 2000)',
      10.5,
      'The power function has resulted in a value that cannot be represented as a JSON number: base=…, exponent=…',
      '10.5',
    ],
  ])(
    'of %s has the value apart from the reason',
    async (text, a, reason, value) => {
      const failure = await failureOf(text, { a });
      expect(failure).toMatchObject({ type: 'failed', reason });
      expect((failure as { value?: string }).value).toBe(value);
      expect(JSON.stringify({ ...failure, value: '' })).not.toContain(SECRET);
    },
  );

  it('names the function whole where the value is a part of the sentence', async () => {
    expect(await failureOf('$uppercase(a)', { a: 1 })).toMatchObject({
      reason: expect.stringContaining('Argument 1 of function "uppercase"'),
      value: '1',
    });
  });

  it('has neither of two values, where one is a part of the other', async () => {
    const failure = await failureOf('a < b', { a: 1, b: `1${SECRET}` });
    expect(failure).toMatchObject({
      reason:
        'The values … and … either side of operator "<" must be of the same data type',
    });
  });

  it('of a limit names the limit', async () => {
    expect(await failureOf('[1..200000].($)')).toMatchObject({
      reason: 'The maximum sequence length of 200000 was exceeded.',
    });
  });

  it.each([
    ['a text', 'x'.repeat(1000), /^"x{78}…$/],
    [
      'several lines and controls',
      'a\n\u0007\u202e\u2028',
      /^"a\\n\\u0007\\u202e\\u2028"$/,
    ],
    ['an object', { a: 'x'.repeat(1000) }, /^\{"a":"x{73}…$/],
    ['signs of two units', '😀'.repeat(100), /^"(😀){78}…$/u],
  ])('shows %s on one line of 80 characters', async (_, a, shown) => {
    expect(await failureOf('$number([a])', { a })).toMatchObject({
      type: 'failed',
    });
    const { value } = (await failureOf('-a', { a })) as { value: string };
    expect(value).toMatch(shown);
    expect([...value].length).toBeLessThanOrEqual(80);
  });

  it('of a function in place of a value has a reason of one line', async () => {
    const failure = await failureOf('($f := function($x){ $x }; -$f)');
    expect(failure).toMatchObject({ type: 'failed' });
    expect((failure as { reason: string }).reason).not.toContain('\n');
  });
});
