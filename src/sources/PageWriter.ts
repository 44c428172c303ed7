import type { JsonValue } from '@backstage/types';
import { createHash, hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ListedRecord, RecordSink } from './RecordSource';

const MAX_RECORDS = 500;
const MAX_BYTES = 1_000_000;

/** Passes the records of one page to a sink, in batches. */
export class PageWriter {
  readonly #sink: RecordSink;
  readonly #signal: AbortSignal;
  readonly #digest = createHash('sha256');
  #records: ListedRecord[] = [];
  #bytes = 0;
  #count = 0;

  /** Starts a page. */
  constructor(sink: RecordSink, signal: AbortSignal) {
    this.#sink = sink;
    this.#signal = signal;
    this.#sink.startPage();
  }

  /** Adds a record by its JSON. */
  async add(json: string | Uint8Array, parse: () => JsonValue): Promise<void> {
    this.#records.push({ bytesHash: hash('sha256', json, 'base64url'), parse });
    this.#bytes += json.length;
    this.#count++;
    if (this.#records.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES) {
      await this.#flush();
    }
  }

  async #flush(): Promise<void> {
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
      await this.#flush();
    }
    this.#sink.endPage();
    return { count: this.#count, digest: this.#digest.digest('base64url') };
  }
}
