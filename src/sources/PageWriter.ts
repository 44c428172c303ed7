import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ListedRecord, RecordSink } from './RecordSource';

const MAX_RECORDS = 500;
const MAX_BYTES = 1_000_000;

/** Passes the records of one page to a sink, in batches. */
export class PageWriter {
  readonly #sink: RecordSink;
  readonly #signal: AbortSignal;
  readonly #digest: Hash = createHash('sha256');
  #records: ListedRecord[] = [];
  #bytes = 0;
  #count = 0;

  /** Starts a page. */
  constructor(options: { sink: RecordSink; signal: AbortSignal }) {
    this.#sink = options.sink;
    this.#signal = options.signal;
    this.#sink.startPage();
  }

  /** Tells whether a batch is full. The caller then has to `flush`. */
  add(record: ListedRecord, size: number): boolean {
    this.#records.push(record);
    this.#bytes += size;
    this.#count++;
    return this.#records.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  async flush(): Promise<void> {
    const records = this.#records;
    this.#digest.update(records.map(({ bytesHash }) => bytesHash).join(''));
    this.#records = [];
    this.#bytes = 0;
    this.#signal.throwIfAborted();
    await this.#sink.records(records);
    // Lets other work of the process run, however long the page is.
    await setImmediate();
    this.#signal.throwIfAborted();
  }

  /** Ends the page. The digest is equal for pages with the same records. */
  async end(): Promise<{ count: number; digest: string }> {
    if (this.#records.length > 0) {
      await this.flush();
    }
    this.#sink.endPage();
    return { count: this.#count, digest: this.#digest.digest('base64url') };
  }
}
