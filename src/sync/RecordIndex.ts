import type { RecordMark, SyncStore } from '../model/sync';

/**
 * Which records a source had, and which of them a list has shown so far. Holds
 * little for each, since there may be a hundred thousand.
 */
export class RecordIndex {
  readonly #ids: string[] = [];
  readonly #positions = new Map<string, number>();
  readonly #byBytes = new Map<string, number>();
  #seen = new Uint8Array(0);

  static async read(store: SyncStore, source: string): Promise<RecordIndex> {
    const index = new RecordIndex();
    for await (const marks of await store.readMarks(source)) {
      marks.forEach(mark => index.#add(mark));
    }
    index.#seen = new Uint8Array(index.#ids.length);
    return index;
  }

  private constructor() {}

  #add({ recordId, bytesHash, state }: RecordMark): void {
    const position = this.#ids.push(recordId) - 1;
    this.#positions.set(recordId, position);
    // One that is invalid or was missing is judged anew.
    if (bytesHash !== undefined && state === 'seen') {
      this.#byBytes.set(bytesHash, position);
    }
  }

  get size(): number {
    return this.#ids.length;
  }

  /** The position of the record that came in these bytes, if there is one. */
  findByBytes(bytesHash: string): number | undefined {
    return this.#byBytes.get(bytesHash);
  }

  find(recordId: string): number | undefined {
    return this.#positions.get(recordId);
  }

  idAt(position: number): string {
    return this.#ids[position];
  }

  /** Marks a record as shown; tells whether it was not before. */
  see(position: number): boolean {
    const isFirst = this.#seen[position] === 0;
    this.#seen[position] = 1;
    return isFirst;
  }

  wasSeen(recordId: string): boolean {
    const position = this.#positions.get(recordId);
    return position !== undefined && this.#seen[position] === 1;
  }

  /** The records that the list has not shown. */
  unseen(): string[] {
    return this.#ids.filter((_, position) => this.#seen[position] === 0);
  }
}
