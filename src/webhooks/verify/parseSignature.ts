/** Longer values of the header are not looked at. */
export const MAX_SIGNATURE_LENGTH = 256;

const FORMAT = /^(?:sha256=)?([0-9a-f]{64})$/;

export type ParsedSignature =
  | { type: 'parsed'; mac: Buffer }
  | {
      type: 'unusable';
      code: 'signature-missing' | 'signature-repeated' | 'signature-malformed';
    };

/**
 * Reads the values of a signature header: one, of 64 lower-case hex digits,
 * with or without `sha256=` before them.
 */
export function parseSignature(values: readonly string[]): ParsedSignature {
  const [value, ...more] = values;
  if (value === undefined) {
    return { type: 'unusable', code: 'signature-missing' };
  }
  if (more.length > 0) {
    return { type: 'unusable', code: 'signature-repeated' };
  }
  const hex =
    value.length <= MAX_SIGNATURE_LENGTH ? FORMAT.exec(value)?.[1] : undefined;
  return hex === undefined
    ? { type: 'unusable', code: 'signature-malformed' }
    : { type: 'parsed', mac: Buffer.from(hex, 'hex') };
}
