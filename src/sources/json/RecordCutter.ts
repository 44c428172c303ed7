import type { RequestTarget } from '../http/requestTarget';
import { ByteBuffer } from './ByteBuffer';
import { PathMatcher } from './PathMatcher';
import { ValueScanner } from './ValueScanner';
import { malformedError, tooDeepError } from './answerErrors';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isBlank,
  isClosing,
  isOpening,
  QUOTE,
  ZERO,
} from './jsonBytes';

interface RecordCutterOptions {
  target: RequestTarget;
  /** Names that lead from the root to the list; none where the root is the list. */
  listPath: readonly string[];
  /** How deep objects and arrays may nest, counted from the root. */
  maxDepth: number;
}

/**
 * Cuts the elements of one list out of a JSON text that comes in pieces, without
 * parsing either. What is left is the skeleton: the text with `0` for each
 * element. The text is JSON if the skeleton is and each element is: to find out
 * is up to whoever has them.
 *
 * Throws a `SourceError` of code `too-deep` before anybody can see what nests too
 * deep, and of code `malformed` where elements could not be told apart.
 */
export class RecordCutter {
  static create(options: RecordCutterOptions): RecordCutter {
    return new RecordCutter(options);
  }

  readonly #options: RecordCutterOptions;
  readonly #path: PathMatcher;
  readonly #value: ValueScanner;
  readonly #skeleton = new ByteBuffer();
  /** What came so far of an element or a key. */
  #parts: Uint8Array[] = [];
  #place: 'path' | 'key' | 'other' | 'list' | 'element' = 'path';
  #isBehindElement = false;
  #found = false;
  #count = 0;

  private constructor(options: RecordCutterOptions) {
    this.#options = options;
    this.#path = new PathMatcher(options.listPath);
    this.#value = new ValueScanner({ tooDeep: () => this.#tooDeep() });
  }

  /** Whether the list has come. */
  get found(): boolean {
    return this.#found;
  }

  /** Elements so far. */
  get count(): number {
    return this.#count;
  }

  /** A view, valid until more is cut. */
  skeleton(): Uint8Array {
    return this.#skeleton.bytes();
  }

  /** Takes in the next piece, and gives the bytes of each element that ends in it. */
  *cut(chunk: Uint8Array): Generator<Uint8Array, void> {
    let position = 0;
    while (position < chunk.length) {
      switch (this.#place) {
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

  /** Goes through what stands in the objects on the way to the list. */
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
      this.#place = 'list';
    }
    this.#skeleton.append(byte);
    return from + 1;
  }

  /** Begins a value that goes into the skeleton, and stays where it begins. */
  #pass(place: 'key' | 'other', first: number, from: number): number {
    this.#place = place;
    this.#value.begin(first, this.#options.maxDepth - this.#path.depth);
    return from;
  }

  #passValue(chunk: Uint8Array, from: number): number {
    const end = this.#value.scan(chunk, from);
    const bytes = chunk.subarray(from, end === -1 ? chunk.length : end);
    this.#skeleton.appendAll(bytes);
    if (this.#place === 'key') {
      this.#parts.push(bytes);
    }
    if (end !== -1) {
      this.#endValue();
    }
    return from + bytes.length;
  }

  #endValue(): void {
    if (this.#place === 'key' && !this.#path.key(this.#takeParts())) {
      throw malformedError(
        this.#options.target,
        `has '${
          this.#options.listPath[this.#path.depth - 1]
        }', which leads to ` + `the list, twice`,
      );
    }
    this.#place = 'path';
  }

  /** Goes through what stands between elements. */
  #readList(chunk: Uint8Array, from: number): number {
    const byte = chunk[from];
    if (isBlank(byte)) {
      this.#skeleton.append(byte);
    } else if (byte === COMMA) {
      this.#skeleton.append(byte);
      this.#isBehindElement = false;
    } else if (byte === CLOSE_ARRAY) {
      this.#skeleton.append(byte);
      this.#place = 'path';
    } else if (this.#isBehindElement || isMisplaced(byte)) {
      throw this.#syntaxError();
    } else {
      this.#place = 'element';
      const { maxDepth, listPath } = this.#options;
      this.#value.begin(byte, maxDepth - listPath.length - 1);
      return from;
    }
    return from + 1;
  }

  /** Gives the end of the element, where it is in this piece. */
  #takePart(chunk: Uint8Array, from: number): number | undefined {
    const end = this.#value.scan(chunk, from);
    this.#parts.push(chunk.subarray(from, end === -1 ? chunk.length : end));
    return end === -1 ? undefined : end;
  }

  #endElement(): Uint8Array {
    this.#skeleton.append(ZERO);
    this.#isBehindElement = true;
    this.#place = 'list';
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
      `has a syntax error, behind record ${this.#count}`,
    );
  }

  #tooDeep(): Error {
    return tooDeepError(this.#options.target, this.#options.maxDepth);
  }
}

function isMisplaced(byte: number): boolean {
  return byte === COLON || byte === CLOSE_OBJECT;
}
