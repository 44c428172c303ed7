/**
 * A growing array of bytes. It copies chunks instead of keeping them: a chunk
 * of a single byte takes some 200 bytes of memory, and keeps what it was cut from.
 */
export class ByteBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;
  readonly #limit: number;

  /** It takes no more memory than the limit, unless it holds more bytes. */
  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Appends one byte. */
  push(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  append(chunk: Uint8Array): void {
    this.#reserve(chunk.length);
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** A view, valid until more is appended. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Gives the bytes away, and is empty again. */
  take(): Buffer {
    const bytes = this.bytes();
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return bytes;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      const doubled = Math.min(2 * this.#bytes.length, this.#limit);
      const size = Math.max(needed, doubled);
      const larger = Buffer.allocUnsafe(size);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
  }
}
