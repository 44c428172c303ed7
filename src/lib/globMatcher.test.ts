import { createGlobMatcher } from './globMatcher';

describe('createGlobMatcher', () => {
  it('matches nothing without a pattern', () => {
    expect(createGlobMatcher([])('custom-data:registry/a')).toBe(false);
  });

  it('matches any text with *, and everything else literally', () => {
    const matches = createGlobMatcher([
      'url:https://git.example.com/acme/*',
      'custom-data:*',
    ]);

    expect(matches('url:https://git.example.com/acme/a/b.yaml')).toBe(true);
    expect(matches('custom-data:registry/a')).toBe(true);
    expect(matches('url:https://gitXexample.com/acme/a.yaml')).toBe(false);
    expect(
      matches('url:https://evil.invalid/?url:https://git.example.com/acme/a'),
    ).toBe(false);
    expect(matches('file:/etc/passwd')).toBe(false);
  });

  it.each([
    ['*', ''],
    ['*', 'any\ntext'],
    ['payments', 'payments'],
    ['payments-*', 'payments-'],
    ['*-api', 'payments-api'],
    ['a*b*c', 'abc'],
    ['a*b*c', 'a-c-b-b-c'],
    ['*ab*ab', 'abab'],
    ['a**b', 'ab'],
    ['*.*', 'a.b'],
  ])('matches %j against %j', (pattern, text) => {
    expect(createGlobMatcher([pattern])(text)).toBe(true);
  });

  it.each([
    ['', 'a'],
    ['payments', 'payments-api'],
    ['payments', 'my-payments'],
    ['payments-*', 'my-payments-api'],
    ['*-api', 'payments-api-2'],
    ['ab*ba', 'aba'],
    ['*ab*ab', 'ab'],
    ['a*b*c', 'acb'],
    ['a*b*c', 'a-c'],
    ['*b*a*', 'ab'],
    ['*a*a*', 'a'],
    ['a.b', 'axb'],
    ['Payments', 'payments'],
  ])('does not match %j against %j', (pattern, text) => {
    expect(createGlobMatcher([pattern])(text)).toBe(false);
  });

  it('is not slowed down by a text with many partial matches', () => {
    const matches = createGlobMatcher([`${'*a'.repeat(20)}*b`]);
    expect(matches('a'.repeat(100_000))).toBe(false);
  });
});
