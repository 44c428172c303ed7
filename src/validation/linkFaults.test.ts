/* eslint-disable no-script-url -- what must not pass */
import { isScriptUrl, linkUrlFault } from './linkFaults';

describe('linkUrlFault', () => {
  it.each([
    'https://example.com/a?b=c d',
    'http://localhost:3000',
    'HTTPS://EXAMPLE.COM',
    'mailto:team@example.com',
  ])('accepts %p', url => {
    expect(linkUrlFault(url)).toBeUndefined();
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'ftp://example.com',
    'blob:https://example.com/x',
  ])('refuses the protocol of %p', url => {
    expect(linkUrlFault(url)).toBe('is neither http, https nor mailto');
  });

  it.each([
    'java\nscript:alert(1)',
    'https://example.com/\u0000',
    '\u0001javascript:alert(1)',
    'https:\t//example.com',
  ])('refuses control characters: %j', url => {
    expect(linkUrlFault(url)).toBe('contains a control character');
  });

  it.each(['', '/docs', 'example.com', '//example.com', 'https://'])(
    'refuses what is not an absolute URL: %p',
    url => {
      expect(linkUrlFault(url)).toBe('is not an absolute URL');
    },
  );
});

describe('isScriptUrl', () => {
  it.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    ' \t javascript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'java\u200bscript:alert(1)',
    'javascript\n:alert(1)',
    'data:text/html;base64,x',
    'vbscript:msgbox(1)',
  ])('recognizes %j', value => {
    expect(isScriptUrl(value)).toBe(true);
  });

  it.each([
    '',
    'https://example.com',
    'learn javascript: a course',
    'database:x',
  ])('does not mistake %p for one', value => {
    expect(isScriptUrl(value)).toBe(false);
  });
});
