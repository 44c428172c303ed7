import type { RecordMark, SyncStore } from './database/SyncStore';

/**
 * Which records a source had, and which of them a list has shown so far. Holds
 * little for each, since there may be a hundred thousand.
 */
export class RecordIndex {
  readonly #marks: RecordMark[] = [];
  readonly #byBytes = new Map<string, number>();
  /** Made once it is asked for: where nothing changed, nobody does. */
  #byId: Map<string, number> | undefined;
  #seen = new Uint8Array(0);

  static async read(store: SyncStore, source: string): Promise<RecordIndex> {
    const index = new RecordIndex();
    for await (const marks of await store.readMarks(source)) {
      marks.forEach(mark => index.#add(mark));
    }
    index.#seen = new Uint8Array(index.size);
    return index;
  }

  private constructor() {}

  #add(mark: RecordMark): void {
    const position = this.#marks.push(mark) - 1;
    // One that is invalid or was missing is judged anew.
    if (mark.bytesHash !== undefined && mark.state === 'seen') {
      this.#byBytes.set(mark.bytesHash, position);
    }
  }

  get size(): number {
    return this.#marks.length;
  }

  /** The position of the record that came in these bytes, if there is one. */
  findByBytes(bytesHash: string): number | undefined {
    return this.#byBytes.get(bytesHash);
  }

  find(recordId: string): number | undefined {
    this.#byId ??= new Map(this.#marks.map((mark, i) => [mark.recordId, i]));
    return this.#byId.get(recordId);
  }

  at(position: number): RecordMark {
    return this.#marks[position];
  }

  /** Marks a record as shown; tells whether it was not before. */
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
    return this.#marks
      .filter((_, position) => this.#seen[position] === 0)
      .map(({ recordId }) => recordId);
  }
}
