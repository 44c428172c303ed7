import jsonata from 'jsonata';
import { readFileSync } from 'node:fs';
import { BUILT_IN_NAMES, findUnknownName } from './findUnknownName';

const unknownIn = (text: string) =>
  findUnknownName(jsonata(text).ast() as object, ['slug', 'map', 'lowercase']);

describe('findUnknownName', () => {
  it.each([
    ['$slugg(a)', '$slugg; did you mean $slug?'],
    ['a ~> $slg', '$slg; did you mean $slug?'],
    ['$map(a, $lowerCase)', '$lowerCase; did you mean $lowercase?'],
    ['$slgu(?, 1)', '$slgu; did you mean $slug?'],
    ['($team := a; $tem & "x")', '$tem; did you mean $team?'],
  ])('finds a name that nothing sets, in %p, and the nearest', (text, end) => {
    expect(unknownIn(text)?.reason).toBe(
      `there is no function and no variable ${end}`,
    );
  });

  it.each([
    '$$.a & $',
    '($x := 1; $x)',
    'function($x) { $x }(1)',
    'a@$o.b#$i.[$o, $i]',
    'a[0]#$n[$n = 1]',
    '$ ~> |a|{"b": $$.c}|',
  ])('takes what the expression sets: %p', text => {
    expect(unknownIn(text)).toBeUndefined();
  });

  it('knows all functions of JSONata', () => {
    const code = readFileSync(require.resolve('jsonata'), 'utf8');
    const names = [...code.matchAll(/\.bind\('(\w+)', defineFunction/g)];
    expect(names.map(([, name]) => name).sort()).toEqual(
      [...BUILT_IN_NAMES].sort(),
    );
  });
});
