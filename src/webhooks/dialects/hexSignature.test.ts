import { readHexSignature } from './hexSignature';

const hex = '0123456789abcdef'.repeat(4);
const mac = Buffer.from(hex, 'hex');
const codeOf = (...values: string[]) =>
  (readHexSignature(values) as { code?: string }).code;

describe('readHexSignature', () => {
  it.each([hex, `sha256=${hex}`])('reads %p', value => {
    expect(readHexSignature([value])).toEqual({ type: 'read', mac });
  });

  it('misses what is not there', () => {
    expect(codeOf()).toBe('signature-missing');
  });

  it('does not choose between two', () => {
    expect(codeOf(hex, hex)).toBe('signature-repeated');
  });

  it.each([hex.toUpperCase(), `sha256=${hex.toUpperCase()}`, `SHA256=${hex}`])(
    'knows upper case: %p',
    value => {
      expect(codeOf(value)).toBe('signature-upper-case');
    },
  );

  it.each([mac.toString('base64'), `sha256=${mac.toString('base64')}`])(
    'knows base64: %p',
    value => {
      expect(codeOf(value)).toBe('signature-base64');
    },
  );

  it.each([
    '',
    'sha256=',
    hex.slice(1),
    `${hex}0`,
    `${hex}\n`,
    ` ${hex}`,
    `sha1=${hex}`,
    `sha256=sha256=${hex}`,
    `${hex}, ${hex}`,
    `g${hex.slice(1)}`,
    'a'.repeat(100_000),
  ])('does not read %p', value => {
    expect(codeOf(value)).toBe('signature-malformed');
  });
});
