import { showText, webUrl } from './showText';

describe('showText', () => {
  it('cuts a text of 10,000 characters', () => {
    expect(showText('x'.repeat(10_000))).toBe(`${'x'.repeat(200)}…`);
  });

  it('writes what would be invisible or turn the text around', () => {
    expect(showText('a\u202eb\u0000c')).toBe('a\\u202eb\\u0000c');
  });

  it('keeps lines, and text of other scripts', () => {
    expect(showText('one\ntwo\tשלום')).toBe('one\ntwo\tשלום');
  });

  it('cuts no pair of code units in two', () => {
    expect(showText('😀😀', 1)).toBe('😀…');
  });

  it('shows what is no text as JSON', () => {
    expect(showText({ a: [1] })).toBe('{"a":[1]}');
    expect(showText(undefined)).toBe('');
  });
});

describe('webUrl', () => {
  it.each(['https://example.com/a', 'http://example.com'])(
    'lets a browser follow %s',
    url => {
      expect(webUrl(url)).toBe(url);
    },
  );

  it.each([
    // eslint-disable-next-line no-script-url
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'data:text/html,x',
    '/relative',
    undefined,
  ])('does not let a browser follow %s', url => {
    expect(webUrl(url)).toBeUndefined();
  });
});
