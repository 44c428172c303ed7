import { ByteBuffer } from '../../lib/ByteBuffer';
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

/** A key or another value of the objects on the path, or an element of the list. */
type ValueKind = 'key' | 'other' | 'element';

/**
 * Cuts the elements of one list out of a JSON text that comes in chunks, without
 * parsing either. What is left is the skeleton: the text with `0` for each
 * element. The text is JSON if the skeleton and each element are: the caller has
 * to parse them. If two lists have the same path, the first one is cut, and the
 * skeleton has the second one.
 *
 * Throws a `SourceError` of code `too-deep` before the caller sees an element
 * that nests too deep, and of code `malformed` if elements cannot be told apart.
 */
export class RecordCutter {
  /** Whether the list was found. */
  found = false;
  /** Elements so far. */
  count = 0;
  readonly #options: RecordCutterOptions;
  readonly #path: PathMatcher;
  readonly #skeleton = new ByteBuffer();
  /** The value that is being read, if any. */
  #value?: ValueScanner;
  #kind: ValueKind = 'other';
  /** The bytes of an element or a key from the chunks before. */
  readonly #begun = new ByteBuffer();
  #inList = false;
  #isAfterElement = false;

  constructor(options: RecordCutterOptions) {
    this.#options = options;
    this.#path = new PathMatcher(options.listPath);
  }

  /** A view, valid until the next `cut`. */
  skeleton(): Uint8Array {
    return this.#skeleton.bytes();
  }

  /** Takes the next chunk, and gives the bytes of each element that ends in it. */
  *cut(chunk: Uint8Array): Generator<Uint8Array, void> {
    let position = 0;
    while (position < chunk.length) {
      if (!this.#value) {
        position += this.#readBetween(chunk[position]);
        continue;
      }
      const end = this.#value.scan(chunk, position);
      const part = chunk.subarray(position, end === -1 ? undefined : end);
      if (this.#kind !== 'element') {
        this.#skeleton.append(part);
      }
      if (end === -1) {
        this.#keep(part);
        return;
      }
      position = end;
      this.#value = undefined;
      if (this.#kind === 'key') {
        this.#path.key(this.#complete(part));
      } else if (this.#kind === 'element') {
        this.#skeleton.push(ZERO);
        this.#isAfterElement = true;
        this.count++;
        yield this.#complete(part);
      }
    }
  }

  /** Reads a byte between values. Gives how many were read: none if a value begins. */
  #readBetween(byte: number): 0 | 1 {
    const kind = this.#inList ? this.#readList(byte) : this.#followPath(byte);
    if (!kind) {
      this.#skeleton.push(byte);
      return 1;
    }
    const { maxDepth } = this.#options;
    this.#kind = kind;
    this.#value = new ValueScanner(byte, maxDepth - this.#depth, this.#tooDeep);
    return 0;
  }

  /** Reads a byte of the objects on the path to the list. Gives the kind of value that begins, if any. */
  #followPath(byte: number): ValueKind | undefined {
    if (byte === QUOTE) {
      return this.#path.expectsKey ? 'key' : 'other';
    }
    if (isOpening(byte)) {
      return this.#open(byte);
    }
    if (isClosing(byte)) {
      this.#path.close();
    } else if (byte === COMMA) {
      this.#path.comma();
    }
    return undefined;
  }

  #open(byte: number): ValueKind | undefined {
    const opened = this.found ? 'other' : this.#path.open(byte);
    if (opened === 'other') {
      return 'other';
    }
    if (opened === 'list') {
      this.found = true;
      this.#inList = true;
    }
    if (this.#depth > this.#options.maxDepth) {
      throw this.#tooDeep();
    }
    return undefined;
  }

  /** Reads a byte between elements. */
  #readList(byte: number): ValueKind | undefined {
    if (byte === COMMA) {
      this.#isAfterElement = false;
    } else if (byte === CLOSE_ARRAY) {
      this.#inList = false;
    } else if (!isBlank(byte)) {
      if (this.#isAfterElement || byte === COLON || byte === CLOSE_OBJECT) {
        throw malformedError(
          this.#options.target,
          `invalid JSON after record ${this.count}`,
        );
      }
      return 'element';
    }
    return undefined;
  }

  /** Keeps the beginning of an element or a key. */
  #keep(part: Uint8Array): void {
    if (this.#kind !== 'other') {
      this.#begun.append(part);
    }
  }

  /** An element or a key, which is not copied if all of it is in one chunk. */
  #complete(part: Uint8Array): Uint8Array {
    if (this.#begun.length === 0) {
      return part;
    }
    this.#begun.append(part);
    return this.#begun.take();
  }

  /** How many objects and arrays are open. */
  get #depth(): number {
    return this.#path.depth + (this.#inList ? 1 : 0);
  }

  readonly #tooDeep = () =>
    tooDeepError(this.#options.target, this.#options.maxDepth);
}
