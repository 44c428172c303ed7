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
  readonly #tooDeep: () => Error;
  #maxDepth = 0;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #isScalar = false;

  constructor(options: { tooDeep: () => Error }) {
    this.#tooDeep = options.tooDeep;
  }

  /** Begins a value with its first byte, which is then passed to `scan` as well. */
  begin(first: number, maxDepth: number): void {
    this.#maxDepth = maxDepth;
    this.#depth = 0;
    this.#inString = false;
    this.#isEscaped = false;
    this.#isScalar = !isOpening(first) && first !== QUOTE;
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
  /** Which names were seen, by their index. */
  readonly #seen = new Set<number>();
  #depth = 0;
  #expectsKey = false;
  /** Whether the next name leads to the value that comes now. */
  #matches = true;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** How many objects on the path are open. */
  get depth(): number {
    return this.#depth;
  }

  /** Whether a string that begins now is a key. */
  get expectsKey(): boolean {
    return this.#expectsKey;
  }

  /** Tells what an opening bracket opens. */
  open(byte: number): 'list' | 'object-on-path' | 'other' {
    const isLast = this.#depth === this.#names.length;
    if (!this.#matches || byte !== (isLast ? OPEN_ARRAY : OPEN_OBJECT)) {
      return 'other';
    }
    this.#matches = false;
    if (isLast) {
      return 'list';
    }
    this.#depth++;
    this.#expectsKey = true;
    return 'object-on-path';
  }

  close(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    this.#expectsKey = false;
    this.#matches = false;
  }

  comma(): void {
    this.#expectsKey = this.#depth > 0;
  }

  /** Takes a key with its quotes. False if a name of the path comes again: then two lists could be meant. */
  key(bytes: Uint8Array): boolean {
    this.#expectsKey = false;
    const index = this.#depth - 1;
    this.#matches = readKey(bytes) === this.#names[index];
    if (!this.#matches) {
      return true;
    }
    const isNew = !this.#seen.has(index);
    this.#seen.add(index);
    return isNew;
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
