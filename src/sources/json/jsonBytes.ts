export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const ZERO = 0x30;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** In ASCII, brackets and braces differ in one bit. */
const CASE_BIT = 0x20;

export function isOpening(byte: number): boolean {
  // eslint-disable-next-line no-bitwise
  return (byte | CASE_BIT) === OPEN_OBJECT;
}

export function isClosing(byte: number): boolean {
  // eslint-disable-next-line no-bitwise
  return (byte | CASE_BIT) === CLOSE_OBJECT;
}

/** RFC 8259, section 2. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** What a number or literal cannot hold, and so ends with. */
export function isDelimiter(byte: number): boolean {
  return (
    byte === COMMA ||
    byte === QUOTE ||
    byte === COLON ||
    isBlank(byte) ||
    isOpening(byte) ||
    isClosing(byte)
  );
}
