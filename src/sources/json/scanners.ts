export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const ZERO = 0x30;
const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;

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

/** What ends a number or a literal. */
function isDelimiter(byte: number): boolean {
  return (
    byte === COMMA ||
    byte === QUOTE ||
    byte === COLON ||
    isBlank(byte) ||
    isOpening(byte) ||
    isClosing(byte)
  );
}

/**
 * Finds the end of a JSON value in a text that comes in chunks. It looks only at
 * quotes and brackets, and not at which bracket closes which. Whether the bytes
 * are a value, only parsing them tells.
 */
export class ValueScanner {
  readonly #isScalar: boolean;
  readonly #maxDepth: number;
  readonly #tooDeep: () => Error;
  #depth = 0;
  #inString = false;
  #isEscaped = false;

  /** Takes the first byte of the value, which is then passed to `scan` as well. */
  constructor(first: number, maxDepth: number, tooDeep: () => Error) {
    this.#isScalar = !isOpening(first) && first !== QUOTE;
    this.#maxDepth = maxDepth;
    this.#tooDeep = tooDeep;
  }

  /** The position after the value, or -1 if the chunk ends before the value does. */
  scan(chunk: Uint8Array, from: number): number {
    if (this.#isScalar) {
      return endOfScalar(chunk, from);
    }
    // Local variables, since this loop sees each byte of every list.
    const { length } = chunk;
    const maxDepth = this.#maxDepth;
    let depth = this.#depth;
    let inString = this.#inString;
    let position = this.#isEscaped ? from + 1 : from;
    while (position < length) {
      const byte = chunk[position++];
      if (inString) {
        if (byte === BACKSLASH) {
          position++;
        } else if (byte === QUOTE) {
          inString = false;
          if (depth === 0) {
            return position;
          }
        }
      } else if (byte === QUOTE) {
        inString = true;
      } else if (isOpening(byte)) {
        depth++;
        if (depth > maxDepth) {
          throw this.#tooDeep();
        }
      } else if (isClosing(byte)) {
        depth--;
        if (depth === 0) {
          return position;
        }
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#isEscaped = position > length;
    return -1;
  }
}

function endOfScalar(chunk: Uint8Array, from: number): number {
  let position = from;
  while (position < chunk.length && !isDelimiter(chunk[position])) {
    position++;
  }
  return position < chunk.length ? position : -1;
}

/**
 * Follows the names that lead from the root of a JSON text to a list. It has to
 * see the brackets, commas and keys of the objects on this path, and no others.
 */
export class PathMatcher {
  readonly #names: readonly string[];
  /** How many objects on the path are open. */
  depth = 0;
  /** Whether a string that begins now is a key. */
  expectsKey = false;
  /** Whether the next name leads to the value that comes now. */
  #matches = true;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Tells what an opening bracket opens. */
  open(byte: number): 'list' | 'object-on-path' | 'other' {
    const isLast = this.depth === this.#names.length;
    if (!this.#matches || byte !== (isLast ? OPEN_ARRAY : OPEN_OBJECT)) {
      return 'other';
    }
    this.#matches = false;
    if (isLast) {
      return 'list';
    }
    this.depth++;
    this.expectsKey = true;
    return 'object-on-path';
  }

  close(): void {
    this.depth = Math.max(0, this.depth - 1);
    this.expectsKey = false;
    this.#matches = false;
  }

  comma(): void {
    this.expectsKey = this.depth > 0;
  }

  /** Takes a key with its quotes. */
  key(bytes: Uint8Array): void {
    this.expectsKey = false;
    this.#matches = readKey(bytes) === this.#names[this.depth - 1];
  }
}

/** Undefined for what is not a string: then the text is not JSON. */
function readKey(bytes: Uint8Array): string | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
