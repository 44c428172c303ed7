import type { JsonObject, JsonValue } from '@backstage/types';
import { setImmediate } from 'node:timers/promises';
import type { Problem } from '../lib/problem';
import type { ListedRecord, RecordSink } from '../sources/RecordSource';
import type { RecordIndex } from './RecordIndex';
import type { StoredRecords, SyncStore } from './database/SyncStore';
import { observeRecord, type RecordParts } from './observeRecord';
import type { ObservedRecord } from './planTypes';

const RECORDS_BETWEEN_BREATHS = 100;

interface ObserverOptions extends RecordParts {
  source: string;
  store: SyncStore;
  readIndex: () => Promise<RecordIndex>;
  /** Whether what is stored was made under the present fingerprint. */
  reusable: boolean;
  signal: AbortSignal;
}

/** What a page showed so far; void until the page is whole. */
interface Page {
  listed: number;
  /** Positions in the index of records that came in the bytes that they had. */
  unchanged: number[];
  observed: ObservedRecord[];
  unidentified: Problem[];
}

/**
 * Takes the records of a list as they are read, and identifies and maps those
 * that are not as they were. One whose bytes are known is not even parsed.
 */
export class ListObserver implements RecordSink {
  readonly #options: ObserverOptions;
  #reading: Promise<RecordIndex> | undefined;
  #index: RecordIndex | undefined;
  #page: Page = emptyPage();
  #listed = 0;
  #unchanged = 0;
  readonly #observed = new Map<string, ObservedRecord>();
  readonly #stored: StoredRecords = {
    records: new Map(),
    contributions: new Map(),
  };
  /** Records that cannot be identified; one makes the list incomplete. */
  readonly #unidentified: Problem[] = [];

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Records in the list, identified or not. */
  get listed(): number {
    return this.#listed;
  }

  /** Whether each record of the list was mapped: none is as it was. */
  get isMapped(): boolean {
    return this.#unchanged === 0;
  }

  get unidentified(): Problem[] {
    return this.#unidentified;
  }

  /** Begins to read what is stored, which otherwise waits for the first record. */
  prepare(): void {
    this.#reading ??= this.#options.readIndex();
    // Whoever waits for it is told.
    this.#reading.catch(() => undefined);
  }

  async #known(): Promise<RecordIndex> {
    this.prepare();
    this.#index = await this.#reading!;
    return this.#index;
  }

  /** Whether the list showed a record that is stored. */
  wasSeen(recordId: string): boolean {
    return this.#index?.wasSeen(recordId) ?? false;
  }

  /** Records that are stored, and that the list has not shown. */
  unseen(): string[] {
    return this.#index?.unseen() ?? [];
  }

  startPage(): void {
    this.#page = emptyPage();
  }

  async records(batch: ListedRecord[]): Promise<void> {
    const { reusable } = this.#options;
    const index = await this.#known();
    const rest: Array<{ record: ListedRecord; place: number }> = [];
    for (const record of batch) {
      const position = reusable
        ? index.findByBytes(record.bytesHash)
        : undefined;
      const place = this.#listed + this.#page.listed++;
      if (position === undefined) {
        rest.push({ record, place });
      } else {
        this.#page.unchanged.push(position);
      }
    }
    for (let start = 0; start < rest.length; start += RECORDS_BETWEEN_BREATHS) {
      await this.#observe(
        rest.slice(start, start + RECORDS_BETWEEN_BREATHS),
        index,
      );
      await setImmediate();
      this.#options.signal.throwIfAborted();
    }
  }

  async #observe(
    records: Array<{ record: ListedRecord; place: number }>,
    index: RecordIndex,
  ): Promise<void> {
    const { source, checkRecord, mapper, validateEntity, reusable } =
      this.#options;
    for (const { record, place } of records) {
      const value = record.parse();
      const recordId = await mapper.recordId(value);
      if (recordId === undefined) {
        this.#page.unidentified.push(unidentified(value, place));
        continue;
      }
      const position = index.find(recordId);
      const known = position === undefined ? undefined : index.at(position);
      // Each by its name: to spread the options costs as much as to map.
      const observed = await observeRecord({
        source,
        checkRecord,
        mapper,
        validateEntity,
        reusable,
        record: value as JsonObject,
        recordId,
        bytesHash: record.bytesHash,
        known,
      });
      if (observed.outcome.type === 'unchanged' && known?.bytesHash) {
        this.#page.unchanged.push(position!);
      } else {
        this.#page.observed.push(observed);
      }
    }
  }

  endPage(): void {
    const index = this.#index;
    const page = this.#page;
    if (!index) {
      return;
    }
    for (const position of page.unchanged) {
      // Once more as it was: pages may overlap while the list changes.
      if (
        !index.see(position) &&
        this.#observed.has(index.at(position).recordId)
      ) {
        this.#listedTwice(index.at(position).recordId);
      }
    }
    for (const record of page.observed) {
      const { recordId, bytesHash } = record;
      const position = index.find(recordId);
      const earlier = this.#observed.get(recordId);
      const isFirst = position === undefined ? !earlier : index.see(position);
      if (isFirst) {
        this.#observed.set(recordId, record);
      } else if (!earlier || earlier.bytesHash !== bytesHash) {
        this.#listedTwice(recordId);
      }
    }
    page.unidentified.forEach(problem => this.#unidentified.push(problem));
    this.#listed += page.listed;
    this.#unchanged += page.unchanged.length;
    this.#page = emptyPage();
  }

  #listedTwice(recordId: string): void {
    this.#observed.set(recordId, listedTwice(recordId));
  }

  /**
   * What a plan has to know: the records that are not as they were, with what
   * is stored of them, of those that the list lacks, and of those that have a
   * ref which another wants now.
   */
  async finish(): Promise<{
    observed: ObservedRecord[];
    stored: StoredRecords;
  }> {
    const index = await this.#known();
    const isComplete = this.#unidentified.length === 0;
    await this.#load(
      [...(isComplete ? index.unseen() : []), ...this.#observed.keys()],
      index,
    );
    await this.#load(await this.#holdersOfWanted(index), index);
    for (const recordId of this.#stored.records.keys()) {
      if (!this.#observed.has(recordId) && index.wasSeen(recordId)) {
        const outcome = { type: 'unchanged' as const };
        this.#observed.set(recordId, { recordId, outcome });
      }
    }
    return { observed: [...this.#observed.values()], stored: this.#stored };
  }

  /** Records that have a ref which a record of the list wants and did not have. */
  async #holdersOfWanted(index: RecordIndex): Promise<string[]> {
    const { store, source } = this.#options;
    if (index.size === 0) {
      return [];
    }
    const wanted = new Set<string>();
    for (const { recordId, outcome } of this.#observed.values()) {
      if (outcome.type === 'mapped') {
        const before = this.#stored.contributions.get(recordId) ?? [];
        outcome.contributions
          .filter(c => !before.some(b => b.entityRef === c.entityRef))
          .forEach(c => wanted.add(c.entityRef));
      }
    }
    const holders = await store.holders(source, [...wanted]);
    return [...holders.values()];
  }

  async #load(recordIds: string[], index: RecordIndex): Promise<void> {
    const { store, source } = this.#options;
    const missing = recordIds.filter(
      id => index.find(id) !== undefined && !this.#stored.records.has(id),
    );
    const { records, contributions } = await store.readRecords(source, missing);
    records.forEach((record, id) => this.#stored.records.set(id, record));
    contributions.forEach((list, id) =>
      this.#stored.contributions.set(id, list),
    );
  }
}

function emptyPage(): Page {
  return {
    listed: 0,
    unchanged: [],
    observed: [],
    unidentified: [],
  };
}

function unidentified(record: JsonValue, place: number): Problem {
  const isObject =
    typeof record === 'object' && record !== null && !Array.isArray(record);
  return {
    code: isObject ? 'record-without-id' : 'record-not-an-object',
    severity: 'error',
    message: isObject
      ? `Record ${place} of the list has no id; check the key "id" of the source`
      : `Item ${place} of the list is no object; check the key "records" of the source`,
  };
}

function listedTwice(recordId: string): ObservedRecord {
  return {
    recordId,
    outcome: {
      type: 'invalid',
      problems: [
        {
          code: 'record-id-twice',
          severity: 'error',
          recordId,
          message:
            `Two records of the list have the id "${recordId}"; neither is ` +
            `taken. Choose an "id" that names one record`,
        },
      ],
    },
  };
}
