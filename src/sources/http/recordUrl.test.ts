import { InputError } from '@backstage/errors';
import fc from 'fast-check';
import { assertRecordId, buildRecordUrl } from './recordUrl';

const template = 'https://registry.example.com/api/records/{id}';
const build = (recordId: string, in_ = template) =>
  buildRecordUrl(in_, recordId).href;

/** Strings of the parts that escapes are made of, among others. */
const anyId = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        ...['.', '..', '/', '\\', '%2e', '%2F', '%5c', '%25', '%', '?', '#'],
        ...[
          '@',
          ':',
          '//',
          'http:',
          ';',
          '$&',
          '{id}',
          'a',
          'ü',
          ' ',
          '\ud800',
        ],
      ),
      { maxLength: 8 },
    )
    .map(parts => parts.join('')),
);

function accepts(recordId: string): boolean {
  try {
    assertRecordId(recordId);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return false;
  }
}

describe('assertRecordId', () => {
  it.each([
    ['nothing', ''],
    ['256 characters', 'a'.repeat(256)],
    ['a line break', 'a\nb'],
    ['a null', 'a\u0000'],
    ['a delete', 'a\u007f'],
    ['a C1 control', 'a\u0085'],
    ['an encoded null', 'a%00'],
    ['a lone surrogate', 'a\ud800'],
    ['a backslash', 'a\\b'],
    ['backslashes up', '..\\x'],
    ['an encoded backslash', '..%5Cx'],
    ['the folder itself', '.'],
    ['the folder above', '..'],
    ['a step up', '../x'],
    ['a step up inside', 'a/../b'],
    ['a step up at the end', 'a/..'],
    ['a stay inside', 'a/./b'],
    ['encoded dots', '%2e%2e'],
    ['half-encoded dots', '.%2E/x'],
    ['an encoded slash', '..%2fx'],
    ['twice encoded dots', '%252e%252e/x'],
    ['ten times encoded dots', `%${'25'.repeat(9)}2e./x`],
    ['dots beside a malformed escape', '%zz/%2e%2e/x'],
    ['dots beside a foreign escape', '%2e%2e%2f%ff'],
    ['a URL', 'http://evil/x'],
    ['a URL in capitals', 'HTTP://evil/x'],
    ['a URL of any scheme', 'a+b.c-1://evil'],
    ['an encoded URL', 'http%3A%2F%2Fevil'],
    ['a network path', '//evil/x'],
    ['an encoded network path', '%2f%2fevil/x'],
    ['an absolute path', '/etc/passwd'],
  ])('refuses %s', (_, recordId) => {
    expect(() => assertRecordId(recordId)).toThrow(InputError);
  });

  it('quotes the id in the message, on one line and shortened', () => {
    expect(() => assertRecordId('../x\n')).toThrow(/^Record id "\.\.\/x\\n" /);
    expect(() => assertRecordId('a'.repeat(9999))).toThrow(/^.{1,200}$/);
  });

  it.each([
    'a'.repeat(255),
    '...',
    '.a',
    'a..b',
    'a:b',
    '%',
    '%2',
    '😀',
    'a//b',
  ])('accepts %j', recordId => {
    expect(() => assertRecordId(recordId)).not.toThrow();
  });
});

describe('buildRecordUrl', () => {
  it.each([
    ['team/repo', 'team%2Frepo'],
    ['a b', 'a%20b'],
    ['ü', '%C3%BC'],
    ['100%', '100%25'],
    ['100%25', '100%2525'],
    ['a?b=c#d', 'a%3Fb%3Dc%23d'],
    ['user@host:1', 'user%40host%3A1'],
    [`it's`, `it's`],
    ['$&', '%24%26'],
    ['{id}', '%7Bid%7D'],
  ])('puts %j into the path as %s', (recordId, segment) => {
    expect(build(recordId)).toBe(
      `https://registry.example.com/api/records/${segment}`,
    );
  });

  it('replaces each placeholder', () => {
    const inQuery = 'https://registry.example.com/get?id={id}&full=1';
    expect(build('a&full=0', inQuery)).toBe(
      'https://registry.example.com/get?id=a%26full%3D0&full=1',
    );
    expect(build('a', `${template}/x?again={id}`)).toBe(
      'https://registry.example.com/api/records/a/x?again=a',
    );
  });

  it('refuses what assertRecordId refuses', () => {
    expect(() => build('../x')).toThrow(InputError);
  });

  it('keeps every accepted id inside its segment of the path', () => {
    fc.assert(
      fc.property(anyId, recordId => {
        fc.pre(accepts(recordId));
        const url = buildRecordUrl(template, recordId);
        expect(url.origin).toBe('https://registry.example.com');
        expect(url.search + url.hash + url.username + url.port).toBe('');
        const segments = url.pathname.split('/');
        expect(segments.slice(0, -1)).toEqual(['', 'api', 'records']);
        expect(decodeURIComponent(segments.at(-1)!)).toBe(recordId);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps every accepted id inside its parameter of the query', () => {
    fc.assert(
      fc.property(anyId, recordId => {
        fc.pre(accepts(recordId));
        const url = buildRecordUrl(
          'https://registry.example.com/get?id={id}&full=1',
          recordId,
        );
        expect(url.origin + url.pathname + url.hash).toBe(
          'https://registry.example.com/get',
        );
        expect([...url.searchParams]).toEqual([
          ['id', recordId],
          ['full', '1'],
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
