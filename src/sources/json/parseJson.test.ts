import fc from 'fast-check';
import type { SourceError } from '../../lib/errors';
import { parseAnswer } from './parseJson';

const target = {
  source: 'services',
  url: new URL('https://registry.example.com/metadata?token=hidden'),
};

const parse = (body: string | Uint8Array, maxDepth = 4) =>
  parseAnswer({ target, bytes: Buffer.from(body), maxDepth });

function fault(body: string | Uint8Array, maxDepth?: number): SourceError {
  try {
    parse(body, maxDepth);
  } catch (error) {
    return error as SourceError;
  }
  throw new Error('Expected an error');
}

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;
}

describe('parseAnswer', () => {
  it.each([
    ['plain', '[{"id":"ü"}]'],
    ['with a byte order mark', '\uFEFF[{"id":"ü"}]'],
  ])('reads UTF-8 %s', (_, text) => {
    expect(parse(text)).toEqual([{ id: 'ü' }]);
  });

  it.each(['[{"password":"hunter2"},{"pass', '{"password":hunter2}'])(
    'refuses invalid JSON without repeating any of it: %s',
    text => {
      const error = fault(text);

      expect(error).toMatchObject({ code: 'malformed', cause: undefined });
      expect(error.message).toBe(
        'Source "services": GET https://registry.example.com/metadata answered with invalid JSON; check what the server sends',
      );
    },
  );

  it.each(['', '\uFEFF'])('says that the body %j is empty', text => {
    expect(fault(text)).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('answered with an empty body'),
    });
  });

  it.each([
    ['an invalid byte', [0x22, 0xff, 0x22]],
    ['Latin-1', [0x22, 0xfc, 0x22]],
    ['a cut sequence', [0x22, 0xc3]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
  ])('refuses %s', (_, bytes) => {
    expect(fault(Uint8Array.from(bytes))).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('invalid UTF-8'),
    });
  });
});

describe('the depth of an answer', () => {
  it('is that of its value', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' '), (text, space) => {
        const value = JSON.parse(text);
        const depth = depthOf([value]);
        expect(parse(`${space}[${text}]`, depth)).toEqual([value]);
        expect(fault(`${space}[${text}]`, depth - 1).code).toBe('too-deep');
      }),
    );
  });

  it('is limited by "request.maxDepth"', () => {
    expect(parse('[[[[1]]]]', 4)).toEqual([[[[1]]]]);
    const error = fault('[[[[[]]]]]', 4);
    expect(error.code).toBe('too-deep');
    expect(error.message).toContain(
      '4 levels; if that is right, raise "request.maxDepth"',
    );
  });

  it.each(['["[[[["]', '["\\"[[["]', '["\\\\","[[["]', '{"[[[":"{{{"}'])(
    'does not count brackets inside the strings of %s',
    text => {
      expect(parse(text, 1)).toEqual(JSON.parse(text));
    },
  );

  it('is checked before the answer is parsed', () => {
    expect(fault('["abc', 1).code).toBe('malformed');
    expect(fault('["abc\\', 1).code).toBe('malformed');
    for (const opening of ['[', '{"a":']) {
      const text = opening.repeat(100_000);
      expect(fault(text).code).toBe('too-deep');
      expect(fault(text, 1_000_000).code).toBe('malformed');
    }
  });
});
