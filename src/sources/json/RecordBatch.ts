import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ListedRecord, RecordSink } from '../RecordSource';

const MAX_RECORDS = 500;
const MAX_BYTES = 1_000_000;

/** Collects the records of one page, and hands them on in portions. */
export class RecordBatch {
  readonly #sink: RecordSink;
  readonly #signal: AbortSignal;
  readonly #digest = createHash('sha256');
  #records: ListedRecord[] = [];
  #bytes = 0;
  #count = 0;

  constructor(options: { sink: RecordSink; signal: AbortSignal }) {
    this.#sink = options.sink;
    this.#signal = options.signal;
  }

  /** Tells whether a portion is complete, which is to be handed on then. */
  add(record: ListedRecord, size: number): boolean {
    this.#records.push(record);
    this.#bytes += size;
    this.#count++;
    return this.#records.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  /** Hands on what is left. The digest is equal for pages with the same records. */
  async end(): Promise<{ count: number; digest: string }> {
    if (this.#records.length > 0) {
      await this.flush();
    }
    return { count: this.#count, digest: this.#digest.digest('base64url') };
  }

  async flush(): Promise<void> {
    const records = this.#records;
    this.#digest.update(records.map(({ bytesHash }) => bytesHash).join(''));
    this.#records = [];
    this.#bytes = 0;
    this.#signal.throwIfAborted();
    await this.#sink.records(records);
    // Other work of the process has its turn, however much there is to read.
    await setImmediate();
    this.#signal.throwIfAborted();
  }
}
