import { ExpressionError } from './ExpressionError';
import { compileExpression } from './compileExpression';
import { splitTemplate } from './splitTemplate';

const split = (text: string) =>
  splitTemplate(text, expression => compileExpression(expression)).map(part =>
    typeof part === 'string' ? part : { expression: part.text },
  );

function errorOf(text: string): ExpressionError {
  try {
    split(text);
  } catch (error) {
    return error as ExpressionError;
  }
  throw new Error(`${text} was not refused`);
}

describe('splitTemplate', () => {
  it.each([
    ['', []],
    ['plain', ['plain']],
    ['a }} b { {{ $ ${ c', ['a }} b { {{ $ ${ c']],
    ['${{ a }}', [{ expression: 'a' }]],
    ['${{a}}', [{ expression: 'a' }]],
    ['group:${{ team }}', ['group:', { expression: 'team' }]],
    [
      '${{ a }}-${{ b }}!',
      [{ expression: 'a' }, '-', { expression: 'b' }, '!'],
    ],
    ['${{ a }}}}', [{ expression: 'a' }, '}}']],
  ])('splits %p', (text, parts) => {
    expect(split(text)).toEqual(parts);
  });

  it.each([
    '{"a":{"b":1}}',
    '{"a":{"b":{"c":1}}}',
    '"}}"',
    "'}} ${{ a }}'",
    '"\\"}}"',
    '$replace(a, /[{{}}]/, "")',
    '`}}`',
    'a /* }} */',
    'list.{"a":{"b":c}}[0]',
  ])('does not end an expression inside %p', expression => {
    expect(split(`\${{${expression}}}`)).toEqual([{ expression }]);
    expect(split(`x\${{ ${expression} }}y\${{ z }}`)).toEqual([
      'x',
      { expression },
      'y',
      { expression: 'z' },
    ]);
  });

  it.each(['${{ a', 'x ${{', '${{ a } }'])(
    'refuses %p, which has no end',
    text => {
      expect(errorOf(text).message).toBe('"${{" is not closed by "}}"');
    },
  );

  it('gives the error of the expression that was probably meant', () => {
    expect(errorOf('${{ a + }} and ${{ b }}').expression).toBe('a +');
    expect(errorOf('${{ {"a":{"b":}} }}').expression).toBe('{"a":{"b":}}');
    expect(errorOf('${{ }}').expression).toBe('');
  });

  it('does not look for another end after an expression is refused', () => {
    expect(errorOf('${{ $now() }} ${{ b }}')).toMatchObject({
      code: 'refused',
      expression: '$now()',
    });
  });
});
