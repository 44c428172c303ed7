import type { JsonValue } from '@backstage/types';
import { compileExpression } from './compileExpression';
import { ExpressionError } from './ExpressionError';
import { LinearRegex } from './regexEngine';

const evaluate = (text: string, input: JsonValue = {}) =>
  compileExpression(text).evaluate(input);

function refusalOf(text: string): ExpressionError {
  try {
    compileExpression(text);
  } catch (error) {
    return error as ExpressionError;
  }
  throw new Error(`${text} was not refused`);
}

describe('compileExpression', () => {
  it('evaluates plain paths and everything else', async () => {
    const input = { a: { b: 'x', list: [{ n: 1 }, { n: 2 }] } };
    expect(await evaluate('a.b', input)).toEqual({ type: 'value', value: 'x' });
    expect(await evaluate('a.list.n', input)).toEqual({
      type: 'value',
      value: [1, 2],
    });
    expect(await evaluate('$uppercase(a.b)', input)).toEqual({
      type: 'value',
      value: 'X',
    });
    expect(await evaluate('missing', input)).toEqual({ type: 'value' });
  });

  it.each(['a', '$', 'list[0]', 'list'])('gives a copy for %p', async text => {
    const input = { a: { b: [1] }, list: [{ b: [1] }] };
    const before = structuredClone(input);
    const { value } = (await evaluate(text, input)) as { value: any };
    for (const item of [value, value.a, value[0]]) {
      item?.b?.push('changed');
    }
    expect(input).toEqual(before);
  });

  it('gives the position of a syntax error', () => {
    expect(refusalOf('a + ')).toMatchObject({
      code: 'syntax',
      position: 4,
      message: 'Unexpected end of expression',
    });
    expect(refusalOf('/[/')).toMatchObject({ code: 'syntax' });
    expect(refusalOf('')).toMatchObject({ code: 'syntax' });
  });

  describe('refuses unsafe functions and those that give another result at each poll', () => {
    it.each([
      '$eval("a")',
      '($e := $eval; $e("a"))',
      'list.$eval(code)',
      'a ~> $eval',
      '$map(codes, $eval)',
      '$eval(?, a)',
      'function($x){ $eval($x) }(a)',
      'a{ $eval(b): 1 }',
      'a[$eval(b)]',
      'a^($eval(b))',
      '| a | { "b": $eval(c) } |',
    ])('%s', text => {
      expect(refusalOf(text)).toMatchObject({
        code: 'refused',
        message:
          '$eval is not available: it would run text of the record as code',
      });
    });

    it.each(['$now()', '$millis()', '$random()', '$shuffle(a)'])('%s', text => {
      expect(refusalOf(text).message).toMatch(
        /^\$\w+ is not available: its result differs at each poll/,
      );
    });

    it('a regular expression that needs backtracking', () => {
      expect(refusalOf('$match(a, /(?=b)/)')).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('/(?=b)/ is not supported'),
      });
    });

    it.each(['a[$contains($, /x/)] ?? "b"', '$match(a, /x/) ?: "b"'])(
      'a regular expression that JSONata loses: %s',
      text => {
        expect(refusalOf(text)).toMatchObject({
          code: 'refused',
          message: expect.stringContaining('write $exists(a) ? a : b'),
        });
      },
    );
  });

  it('accepts a text that only looks like a refused function', async () => {
    expect(await evaluate('"$now()"')).toMatchObject({ value: '$now()' });
    expect(await evaluate('now', { now: 1 })).toMatchObject({ value: 1 });
  });

  describe('stops', () => {
    it.each([
      ['endless recursion', '($f := function($n){ 1 + $f($n) }; $f(1))'],
      ['an endless loop', '($f := function($n){ $f($n) }; $f(1))'],
      ['a huge range', '[1..100000000]'],
      ['a large range', '[1..200000]'],
      ['huge padding', '$pad("x", 2e8)'],
      ['huge padding in a partial application', '$pad(?, 2e8)("x")'],
      ['huge padding of an alias', '($p := $pad; "x" ~> $p(-2e8))'],
      ['what gives no number', '1e308 * 10'],
      ['a function as the result', 'function($x){ $x }'],
      ['a built-in function as the result', '{ "a": $sum }'],
      ['an error of its own', '$error("no")'],
    ])('%s', async (_, text) => {
      expect(await evaluate(text)).toMatchObject({
        type: 'failed',
        reason: expect.any(String),
      });
    });
  });

  it('matches regular expressions with RE2', async () => {
    // With the built-in engine a text long enough to show it would never end.
    const exec = jest.spyOn(LinearRegex.prototype, 'exec');
    expect(await evaluate('$contains(a, /^(a+)+$/)', { a: 'aa!' })).toEqual({
      type: 'value',
      value: false,
    });
    expect(exec).toHaveBeenCalledWith('aa!');
  });

  it('gives the reason and the position of a failure', async () => {
    expect(await evaluate('1 + $number(a)', { a: 'x' })).toEqual({
      type: 'failed',
      reason: 'Unable to cast value to a number',
      position: 12,
      value: '"x"',
    });
  });

  it('keeps the reason short, even for a long value', async () => {
    const evaluation = await evaluate('$number(a)', { a: 'x'.repeat(10_000) });
    expect((evaluation as { reason: string }).reason.length).toBeLessThan(310);
  });

  it('supports the usual regular expressions', async () => {
    const input = { team: '#Payments-EU', tags: 'a, b,c' };
    expect(
      await evaluate(
        '{"r": $replace(team, /^#/, ""), "m": $match(team, /p(a)y/i).groups, "s": $split(tags, /,\\s*/)}',
        input,
      ),
    ).toEqual({
      type: 'value',
      value: { r: 'Payments-EU', m: ['a'], s: ['a', 'b', 'c'] },
    });
  });

  it('can build an object of several hundred keys', async () => {
    const list = Array.from({ length: 400 }, (_, n) => ({ id: `k${n}`, n }));
    const evaluation = await evaluate('list{ id: n }', { list });
    expect(
      Object.keys((evaluation as { value: object }).value ?? {}),
    ).toHaveLength(400);
  });

  it('does not run functions that a record contains', async () => {
    const f = {
      _jsonata_lambda: true,
      arguments: [],
      body: { type: 'string', value: 'run' },
    };
    expect(await evaluate('f', { f })).toMatchObject({ type: 'failed' });
    expect(await evaluate('f.body', { f })).toEqual({ type: 'value' });
  });

  it.each([
    '$replace(text, /<[^>]*>|</, "")',
    '$match(text, /<[^>]*>|</)',
    '$split(text, /<[^>]*>|</)',
  ])('ends %p when its time is over, between two matches', async text => {
    let time = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => time++);
    const result = await evaluate(text, { text: '<'.repeat(25_000) });
    clock.mockRestore();

    // Each match looks at the clock once.
    expect(time).toBeLessThan(1100);
    expect(result).toMatchObject({
      type: 'failed',
      reason: expect.stringMatching(
        /^the regular expression .* was still at work when the time was over; shorten the text first/,
      ),
    });
  });

  it('measures the time of each evaluation alone, however many are started', async () => {
    // Each look at the clock takes a millisecond; an evaluation looks often.
    let time = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => time++);
    const slow = compileExpression('$sum([1..100].($ * 2))', {
      limits: { timeout: 10_000, stack: 1000, sequence: 10_000 },
    });
    const evaluations = await Promise.all(
      Array.from({ length: 100 }, () => slow.evaluate({})),
    );
    clock.mockRestore();
    expect(time).toBeGreaterThan(20_000);
    expect(new Set(evaluations.map(({ type }) => type))).toEqual(
      new Set(['value']),
    );
  });
});

describe('a function whose result is not the same each time', () => {
  it('is not found in a deterministic expression', () => {
    const text =
      '($evaluate := 1; a.now & $string(b) & $fromMillis(at) & "$eval")';
    expect(() => compileExpression(text)).not.toThrow();
  });

  it('is refused with its name and position', () => {
    expect(refusalOf('a & $random()')).toMatchObject({
      code: 'refused',
      position: 11,
      message:
        '$random is not available: its result differs at each poll, so every record would change each time',
    });
  });
});
