import { parseSignature } from './parseSignature';

const hex = '0123456789abcdef'.repeat(4);
const mac = Buffer.from(hex, 'hex');

describe('parseSignature', () => {
  it.each([hex, `sha256=${hex}`])('reads %p', value => {
    expect(parseSignature([value])).toEqual({ type: 'parsed', mac });
  });

  it('misses what is not there', () => {
    expect(parseSignature([])).toEqual({
      type: 'unusable',
      code: 'signature-missing',
    });
  });

  it('does not choose between two', () => {
    expect(parseSignature([hex, hex])).toEqual({
      type: 'unusable',
      code: 'signature-repeated',
    });
  });

  it.each([
    '',
    'sha256=',
    hex.toUpperCase(),
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
    expect(parseSignature([value])).toEqual({
      type: 'unusable',
      code: 'signature-malformed',
    });
  });
});
