import {
  BACKSLASH,
  isClosing,
  isDelimiter,
  isOpening,
  QUOTE,
} from './jsonBytes';

/**
 * Finds where a JSON value ends, in a text that comes in pieces. It looks at
 * quotes and brackets alone, not even at which bracket closes which: whether
 * that is a value, only parsing it tells.
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

  /** Begins a value with the byte that it starts with, which `scan` has to get as well. */
  begin(first: number, maxDepth: number): void {
    this.#maxDepth = maxDepth;
    this.#depth = 0;
    this.#inString = false;
    this.#isEscaped = false;
    this.#isScalar = !isOpening(first) && first !== QUOTE;
  }

  /** The position behind the value, or -1 where it goes on behind this piece. */
  scan(chunk: Uint8Array, from: number): number {
    if (this.#isScalar) {
      return endOfScalar(chunk, from);
    }
    let position = from;
    while (position < chunk.length) {
      position = this.#inString
        ? this.#endOfString(chunk, position)
        : this.#nextMark(chunk, position);
      if (this.#depth === 0 && !this.#inString) {
        return position;
      }
    }
    return -1;
  }

  /** The position behind the next quote or bracket. */
  #nextMark(chunk: Uint8Array, from: number): number {
    for (let position = from; position < chunk.length; position++) {
      const byte = chunk[position];
      if (byte === QUOTE) {
        this.#inString = true;
        return position + 1;
      }
      if (isOpening(byte)) {
        this.#depth++;
        if (this.#depth > this.#maxDepth) {
          throw this.#tooDeep();
        }
        return position + 1;
      }
      if (isClosing(byte)) {
        this.#depth--;
        return position + 1;
      }
    }
    return chunk.length;
  }

  #endOfString(chunk: Uint8Array, from: number): number {
    let position = this.#isEscaped ? from + 1 : from;
    for (; position < chunk.length; position++) {
      const byte = chunk[position];
      if (byte === QUOTE) {
        this.#inString = false;
        this.#isEscaped = false;
        return position + 1;
      }
      if (byte === BACKSLASH) {
        position++;
      }
    }
    this.#isEscaped = position > chunk.length;
    return chunk.length;
  }
}

function endOfScalar(chunk: Uint8Array, from: number): number {
  let position = from;
  while (position < chunk.length && !isDelimiter(chunk[position])) {
    position++;
  }
  return position < chunk.length ? position : -1;
}
