import jsonata from 'jsonata';
import { plainPath } from './ast';

const pathOf = (text: string) => plainPath(jsonata(text).ast() as object);

describe('plainPath', () => {
  it.each([
    ['a', ['a']],
    ['a.b.c', ['a', 'b', 'c']],
    ['`a b`.`c-d`', ['a b', 'c-d']],
    ['a."b"', ['a', 'b']],
    [' a . b ', ['a', 'b']],
  ])('reads %p', (text, names) => {
    expect(pathOf(text)).toEqual(names);
  });

  it.each([
    'a[0]',
    'a[]',
    'a.b[c=1]',
    'a.*',
    'a.**',
    '$.a',
    '(a)',
    '[a]',
    'a.{"b": c}',
    'a{b: c}',
    'a^(b)',
    'a@$x.b',
    'a#$i',
    'a & b',
    '"a"',
    '$uppercase(a)',
  ])('leaves %p to JSONata', text => {
    expect(pathOf(text)).toBeUndefined();
  });
});
