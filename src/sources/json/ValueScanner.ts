import { isClosing, isDelimiter, isOpening, QUOTE } from './jsonBytes';

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
    // Each byte of every list comes by here, hence the locals and the bare numbers.
    const { length } = chunk;
    const maxDepth = this.#maxDepth;
    let depth = this.#depth;
    let inString = this.#inString;
    let position = this.#isEscaped ? from + 1 : from;
    while (position < length) {
      const byte = chunk[position++];
      if (inString) {
        if (byte === 0x5c) {
          position++;
        } else if (byte === 0x22) {
          inString = false;
          if (depth === 0) {
            return position;
          }
        }
      } else if (byte === 0x22) {
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
