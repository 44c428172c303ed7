import { SourceError } from '../../lib/errors';
import { parseAnswer } from './parseAnswer';

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

describe('parseAnswer', () => {
  it.each([
    ['plain', '[{"id":"ü"}]'],
    ['with a byte order mark', '\uFEFF[{"id":"ü"}]'],
    ['with two of them', '\uFEFF\uFEFF[{"id":"ü"}]'],
  ])('reads UTF-8 %s', (_, text) => {
    expect(parse(text)).toEqual([{ id: 'ü' }]);
  });

  it('says where a truncated answer ends, not what it holds', () => {
    const error = fault('[{"password":"hunter2"},{"pass');

    expect(error).toMatchObject({ code: 'malformed', cause: undefined });
    expect(error.message).toBe(
      `source 'services': GET https://registry.example.com/metadata answered with a body that is no JSON: it ends too early, at position 30; check what the server sends`,
    );
  });

  it('says where a syntax error stands, not what it is', () => {
    const error = fault('{"password":hunter2}');

    expect(error).toMatchObject({ code: 'malformed', cause: undefined });
    expect(error.message).toContain('a syntax error at position 12 of 20');
    expect(error.message).not.toContain('hunter2');
  });

  it('says that a body is empty', () => {
    expect(fault('')).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('it is empty'),
    });
  });

  it.each([
    ['a stray byte', [0x22, 0xff, 0x22]],
    ['Latin-1', [0x22, 0xfc, 0x22]],
    ['a cut sequence', [0x22, 0xc3]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
  ])('refuses %s', (_, bytes) => {
    expect(fault(Uint8Array.from(bytes))).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('is not valid UTF-8'),
    });
  });

  it('allows the depth of the limit and none beyond', () => {
    expect(parse('[[[[1]]]]', 4)).toEqual([[[[1]]]]);
    const error = fault('[[[[[]]]]]', 4);
    expect(error.code).toBe('too-deep');
    expect(error.message).toContain('4 levels');
    expect(error.message).toContain(`'request.maxDepth'`);
  });

  it.each(['[', '{"a":'])('survives 100000 times %s', opening => {
    expect(fault(opening.repeat(100_000))).toMatchObject({ code: 'too-deep' });
    expect(fault(opening.repeat(100_000), 1_000_000)).toMatchObject({
      code: 'malformed',
    });
  });
});
