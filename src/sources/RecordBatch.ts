import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ListedRecord, RecordSink } from '../model/source';

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

  /** Waits for the sink where a portion is complete. */
  async add(record: ListedRecord, size: number): Promise<void> {
    this.#records.push(record);
    this.#digest.update(record.bytesHash);
    this.#bytes += size;
    this.#count++;
    if (this.#records.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES) {
      await this.#flush();
    }
  }

  /** Hands on what is left. The digest is equal for pages with the same records. */
  async end(): Promise<{ count: number; digest: string }> {
    if (this.#records.length > 0) {
      await this.#flush();
    }
    return { count: this.#count, digest: this.#digest.digest('base64url') };
  }

  async #flush(): Promise<void> {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    this.#signal.throwIfAborted();
    await this.#sink.records(records);
    // Other work of the process has its turn, however much there is to read.
    await setImmediate();
    this.#signal.throwIfAborted();
  }
}
