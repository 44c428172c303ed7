import type { Knex } from 'knex';
import { type KnownRecord, readKnownRecords } from './database/records';

/**
 * Which records a source had, and which of them a list has shown so far. Holds
 * little of each, since there may be a hundred thousand.
 */
export class RecordIndex {
  readonly #records: KnownRecord[] = [];
  readonly #byBytes = new Map<string, number>();
  /** Made once it is needed: where nothing changed, it is not. */
  #byId: Map<string, number> | undefined;
  #seen = new Uint8Array(0);

  static async read(options: {
    knex: Knex;
    source: string;
  }): Promise<RecordIndex> {
    const index = new RecordIndex();
    for await (const records of readKnownRecords(options)) {
      records.forEach(record => index.#add(record));
    }
    index.#seen = new Uint8Array(index.size);
    return index;
  }

  private constructor() {}

  #add(record: KnownRecord): void {
    const position = this.#records.push(record) - 1;
    // One that is invalid or was missing is evaluated again.
    if (record.bytesHash !== undefined && record.state === 'seen') {
      this.#byBytes.set(record.bytesHash, position);
    }
  }

  get size(): number {
    return this.#records.length;
  }

  /** The position of the record that came in these bytes, if there is one. */
  findByBytes(bytesHash: string): number | undefined {
    return this.#byBytes.get(bytesHash);
  }

  find(recordId: string): number | undefined {
    this.#byId ??= new Map(this.#records.map((each, i) => [each.recordId, i]));
    return this.#byId.get(recordId);
  }

  at(position: number): KnownRecord {
    return this.#records[position];
  }

  /** Marks a record as shown; returns whether it is the first time. */
  see(position: number): boolean {
    const isFirst = this.#seen[position] === 0;
    this.#seen[position] = 1;
    return isFirst;
  }

  wasSeen(recordId: string): boolean {
    const position = this.find(recordId);
    return position !== undefined && this.#seen[position] === 1;
  }

  /** The records that the list has not shown. */
  unseen(): string[] {
    return this.#records
      .filter((_, position) => this.#seen[position] === 0)
      .map(({ recordId }) => recordId);
  }
}
