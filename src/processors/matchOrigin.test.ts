import { createOriginMatcher } from './matchOrigin';

describe('createOriginMatcher', () => {
  it('lets nobody in without a pattern', () => {
    expect(createOriginMatcher([])('custom-data:registry/a')).toBe(false);
  });

  it('takes * for any text and everything else literally', () => {
    const matches = createOriginMatcher([
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
});
