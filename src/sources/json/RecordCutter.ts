import type { RequestTarget } from '../http/requestTarget';
import { malformedError, tooDeepError } from './parseJson';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isBlank,
  isClosing,
  isOpening,
  PathMatcher,
  QUOTE,
  ValueScanner,
  ZERO,
} from './scanners';

interface RecordCutterOptions {
  target: RequestTarget;
  /** Names that lead from the root to the list; none if the root is the list. */
  listPath: readonly string[];
  /** How deep objects and arrays may nest, counted from the root. */
  maxDepth: number;
}

const INITIAL_SIZE = 1024;

/** A growing array of bytes. */
class ByteBuffer {
  #bytes = new Uint8Array(INITIAL_SIZE);
  #length = 0;

  append(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  appendAll(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A view, valid until the next `append`. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.bytes());
      this.#bytes = larger;
    }
  }
}

/**
 * Cuts the elements of one list out of a JSON text that comes in chunks, without
 * parsing either. What is left is the skeleton: the text with `0` for each
 * element. The text is JSON if the skeleton and each element are: the caller has
 * to parse them.
 *
 * Throws a `SourceError` of code `too-deep` before the caller sees an element
 * that nests too deep, and of code `malformed` if elements cannot be told apart.
 */
export class RecordCutter {
  readonly #options: RecordCutterOptions;
  readonly #path: PathMatcher;
  readonly #value: ValueScanner;
  readonly #skeleton = new ByteBuffer();
  /** The bytes so far of an element or a key. */
  #parts: Uint8Array[] = [];
  #state: 'path' | 'key' | 'other' | 'list' | 'element' = 'path';
  #isAfterElement = false;
  #found = false;
  #count = 0;

  constructor(options: RecordCutterOptions) {
    this.#options = options;
    this.#path = new PathMatcher(options.listPath);
    this.#value = new ValueScanner({ tooDeep: () => this.#tooDeep() });
  }

  /** Whether the list was found. */
  get found(): boolean {
    return this.#found;
  }

  /** Elements so far. */
  get count(): number {
    return this.#count;
  }

  /** A view, valid until the next `cut`. */
  skeleton(): Uint8Array {
    return this.#skeleton.bytes();
  }

  /** Takes the next chunk, and gives the bytes of each element that ends in it. */
  *cut(chunk: Uint8Array): Generator<Uint8Array, void> {
    let position = 0;
    while (position < chunk.length) {
      switch (this.#state) {
        case 'path':
          position = this.#followPath(chunk, position);
          break;
        case 'list':
          position = this.#readList(chunk, position);
          break;
        case 'element': {
          const end = this.#takePart(chunk, position);
          position = end ?? chunk.length;
          if (end !== undefined) {
            yield this.#endElement();
          }
          break;
        }
        default:
          position = this.#passValue(chunk, position);
      }
    }
  }

  /** Reads a byte of the objects on the path to the list. */
  #followPath(chunk: Uint8Array, from: number): number {
    const byte = chunk[from];
    if (isOpening(byte)) {
      return this.#open(byte, from);
    }
    if (byte === QUOTE) {
      return this.#pass(this.#path.expectsKey ? 'key' : 'other', byte, from);
    }
    if (isClosing(byte)) {
      this.#path.close();
    } else if (byte === COMMA) {
      this.#path.comma();
    }
    this.#skeleton.append(byte);
    return from + 1;
  }

  #open(byte: number, from: number): number {
    const opened = this.#found ? 'other' : this.#path.open(byte);
    if (opened === 'other') {
      return this.#pass('other', byte, from);
    }
    const depth = this.#path.depth + (opened === 'list' ? 1 : 0);
    if (depth > this.#options.maxDepth) {
      throw this.#tooDeep();
    }
    if (opened === 'list') {
      this.#found = true;
      this.#state = 'list';
    }
    this.#skeleton.append(byte);
    return from + 1;
  }

  /** Begins a value that goes into the skeleton, without moving on. */
  #pass(state: 'key' | 'other', first: number, from: number): number {
    this.#state = state;
    this.#value.begin(first, this.#options.maxDepth - this.#path.depth);
    return from;
  }

  #passValue(chunk: Uint8Array, from: number): number {
    const end = this.#value.scan(chunk, from);
    const bytes = chunk.subarray(from, end === -1 ? chunk.length : end);
    this.#skeleton.appendAll(bytes);
    if (this.#state === 'key') {
      this.#parts.push(bytes);
    }
    if (end !== -1) {
      this.#endValue();
    }
    return from + bytes.length;
  }

  #endValue(): void {
    if (this.#state === 'key' && !this.#path.key(this.#takeParts())) {
      const name = this.#options.listPath[this.#path.depth - 1];
      throw malformedError(
        this.#options.target,
        `"${name}", which leads to the list, twice`,
      );
    }
    this.#state = 'path';
  }

  /** Reads a byte between elements. */
  #readList(chunk: Uint8Array, from: number): number {
    const byte = chunk[from];
    if (isBlank(byte)) {
      this.#skeleton.append(byte);
    } else if (byte === COMMA) {
      this.#skeleton.append(byte);
      this.#isAfterElement = false;
    } else if (byte === CLOSE_ARRAY) {
      this.#skeleton.append(byte);
      this.#state = 'path';
    } else if (
      this.#isAfterElement ||
      byte === COLON ||
      byte === CLOSE_OBJECT
    ) {
      throw this.#syntaxError();
    } else {
      this.#state = 'element';
      const { maxDepth, listPath } = this.#options;
      this.#value.begin(byte, maxDepth - listPath.length - 1);
      return from;
    }
    return from + 1;
  }

  /** Gives the end of the element, if it is in this chunk. */
  #takePart(chunk: Uint8Array, from: number): number | undefined {
    const end = this.#value.scan(chunk, from);
    this.#parts.push(chunk.subarray(from, end === -1 ? chunk.length : end));
    return end === -1 ? undefined : end;
  }

  #endElement(): Uint8Array {
    this.#skeleton.append(ZERO);
    this.#isAfterElement = true;
    this.#state = 'list';
    this.#count++;
    return this.#takeParts();
  }

  #takeParts(): Uint8Array {
    const [first, ...others] = this.#parts;
    this.#parts = [];
    return others.length > 0 ? Buffer.concat([first, ...others]) : first;
  }

  #syntaxError(): Error {
    return malformedError(
      this.#options.target,
      `invalid JSON after record ${this.#count}`,
    );
  }

  #tooDeep(): Error {
    return tooDeepError(this.#options.target, this.#options.maxDepth);
  }
}
