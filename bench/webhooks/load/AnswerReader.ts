/** An answer of HTTP/1.1. */
export interface Answer {
  status: number;
  /** Its status line and headers. */
  head: string;
  body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
/** The last chunk, and no trailers. */
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
/** Statuses whose answers have no body, whatever they say. */
const WITHOUT_BODY = new Set([204, 304]);

/**
 * Reads answers off a connection, one at a time. It knows no more of HTTP than
 * a receiver of webhooks makes use of, since whatever it does costs the machine
 * on which that is measured.
 */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** An answer that these bytes complete. */
  push(chunk: Buffer): Answer | undefined {
    this.#bytes =
      this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    return this.#next();
  }

  /** An answer that ends with the connection, where nothing else says how long it is. */
  end(): Answer | undefined {
    const end = this.#bytes.indexOf(HEAD_END);
    return end < 0 ? undefined : this.#take(end, this.#bytes.length);
  }

  #next(): Answer | undefined {
    const end = this.#bytes.indexOf(HEAD_END);
    if (end < 0) {
      return undefined;
    }
    const head = this.#bytes.toString('latin1', 0, end);
    const status = statusOf(head);
    const bodyAt = end + HEAD_END.length;
    if (status < 200) {
      // "Go on", and then the answer.
      this.#bytes = this.#bytes.subarray(bodyAt);
      return this.#next();
    }
    if (CHUNKED.test(head)) {
      return this.#takeChunks(end);
    }
    const length = WITHOUT_BODY.has(status) ? 0 : lengthOf(head);
    return length === undefined || this.#bytes.length < bodyAt + length
      ? undefined
      : this.#take(end, bodyAt + length);
  }

  /** Looks for the end alone until that is there. */
  #takeChunks(headEnd: number): Answer | undefined {
    const last = this.#bytes.indexOf(LAST_CHUNK, headEnd + HEAD_END.length);
    if (last < 0) {
      return undefined;
    }
    const answer = this.#take(headEnd, last + LAST_CHUNK.length);
    return { ...answer, body: join(answer.body) };
  }

  #take(headEnd: number, end: number): Answer {
    const head = this.#bytes.toString('latin1', 0, headEnd);
    const body = this.#bytes.subarray(headEnd + HEAD_END.length, end);
    this.#bytes = this.#bytes.subarray(end);
    return { status: statusOf(head), head, body };
  }
}

function statusOf(head: string): number {
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
  if (status === undefined) {
    throw new Error(`An answer begins with "${head.slice(0, 40)}"`);
  }
  return Number(status);
}

function lengthOf(head: string): number | undefined {
  const [, length] = LENGTH.exec(head) ?? [];
  return length === undefined ? undefined : Number(length);
}

function join(chunked: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at < chunked.length) {
    const lineEnd = chunked.indexOf('\r\n', at);
    const size = parseInt(chunked.toString('latin1', at, lineEnd), 16);
    chunks.push(chunked.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}
