import { findNextLink } from './findNextLink';

describe('findNextLink', () => {
  it.each([
    ['</a?page=2>; rel="next"', '/a?page=2'],
    ['<https://a.example.com/x>;rel=next', 'https://a.example.com/x'],
    ['</1>; rel="prev", </3>; rel="next"', '/3'],
    ['</1>; rel="next last"', '/1'],
    ['</1>; REL="Next"', '/1'],
    ['</1> ; title="a, b; <c> \\" rel=prev" ; rel="next"', '/1'],
    ['</1,2;3>; rel=next', '/1,2;3'],
    [`</1>; title*=UTF-8''n%c3%a4chstes; rel=next`, '/1'],
    ['</1>; crossorigin; rel=next;', '/1'],
    [', ,</1>; rel=next', '/1'],
    ['<>; rel=next', ''],
    ['</1>; rel=next, broken', '/1'],
  ])('finds the target in %s', (header, target) => {
    expect(findNextLink(header)).toEqual({ type: 'found', target });
  });

  it.each([
    '',
    '  ',
    '</1>',
    '</1>; rel="prev"',
    '</1>; rel=nextish',
    '</1>; title="next"',
    '</1>; rel=prev; rel=next',
    '</1>; rel="http://a.example.com/next"',
  ])('finds none in "%s"', header => {
    expect(findNextLink(header)).toEqual({ type: 'none' });
  });

  it.each([
    '/1; rel=next',
    '</1; rel=next',
    '</1>; rel="next',
    '</1>; rel=',
    '</1> rel=next',
    '</0>; rel=prev </1>; rel=next',
  ])('cannot read %s', header => {
    expect(findNextLink(header)).toEqual({ type: 'malformed' });
  });

  it('takes a long header in its stride', () => {
    const links = Array.from({ length: 5000 }, () => '</a>; rel="prev\\"x"');
    const header = [...links, '</b>; rel=next'].join(',');
    expect(findNextLink(header)).toEqual({ type: 'found', target: '/b' });
  });
});
