import jsonata from 'jsonata';
import {
  findRefusedFunction,
  withholdRefusedFunctions,
} from './refusedFunctions';

describe('findRefusedFunction', () => {
  it('finds none in what is deterministic', () => {
    const text =
      '($evaluate := 1; a.now & $string(b) & $fromMillis(at) & "$eval")';
    expect(findRefusedFunction(jsonata(text).ast())).toBeUndefined();
  });

  it('says which and where', () => {
    expect(findRefusedFunction(jsonata('a & $random()').ast())).toEqual({
      position: 11,
      reason:
        '$random is not available: its result differs at each poll, and so every record would',
    });
  });
});

describe('withholdRefusedFunctions', () => {
  it.each([
    '$eval("1")',
    '($e := $eval; $e("1"))',
    '"1" ~> $eval',
    '$map(["1"], $eval)',
    '$now()',
    '$millis()',
    '$random()',
    '$shuffle([1, 2])',
  ])('leaves nothing of %s to call', async text => {
    const expression = jsonata(text);
    withholdRefusedFunctions(expression);
    await expect(expression.evaluate({})).rejects.toThrow('is not available');
  });
});
