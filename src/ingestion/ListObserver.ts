import type { JsonObject, JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { setImmediate } from 'node:timers/promises';
import { inChunks } from '../lib/inChunks';
import type { Problem } from '../lib/problem';
import { counted, describeShape, isObject } from '../lib/values';
import type { RecordMapper } from '../mapping/RecordMapper';
import { withSpan } from '../metrics/withSpan';
import type { ListedRecord, RecordSink } from '../sources/RecordSource';
import {
  type KnownRecord,
  readGivenEntities,
  readKnownRecords,
  readRecords,
  type StoredRecords,
} from './database/records';
import {
  type ObservedRecord,
  observeRecord,
  type RecordParts,
} from './mapRecord';

/** Mapping is synchronous, so other work of the process runs after this many records. */
const RECORDS_AT_ONCE = 100;

interface ObserverOptions extends RecordParts {
  /** Undefined for a rehearsal, in which nothing counts as stored. */
  knex: Knex | undefined;
  source: string;
  /** Whether what is stored was mapped under the present fingerprint. */
  reusable: boolean;
  signal: AbortSignal;
}

/** A record, and its number in the list, from 1. */
interface Numbered {
  record: ListedRecord;
  number: number;
}

/** A list that was read to its end. */
export interface ObservedList {
  /**
   * The records that changed, and those that a plan needs besides: those that
   * have a ref which another record desires now.
   */
  observed: ObservedRecord[];
  /** What is stored of these, and of those that a complete list lacks. */
  stored: StoredRecords;
  /** Records in the list, identified or not. */
  listed: number;
  /** Whether what it lacks is gone. */
  complete: boolean;
  /** Why it is not complete. */
  incomplete?: string;
  /** One problem for each record that cannot be identified. */
  unidentified: Problem[];
  /** Ids of the records that the list has shown. */
  seen: ReadonlySet<string>;
  /** Ids of stored records that the list has not shown. */
  unseen: string[];
}

/** What is stored of a source's records. Little of each, since there may be a hundred thousand. */
interface KnownRecords {
  byId: Map<string, KnownRecord>;
  byBytes: Map<string, KnownRecord>;
}

/** What a page has shown so far; it counts once the page is whole. */
interface Page {
  listed: number;
  /** Ids of stored records that have not changed. */
  unchanged: string[];
  observed: ObservedRecord[];
  unidentified: Problem[];
}

/**
 * Takes the records of a list while it is read, and identifies and maps those
 * that changed. A record whose bytes have not changed is not even parsed.
 */
export class ListObserver implements RecordSink {
  readonly #options: ObserverOptions;
  #reading: Promise<KnownRecords> | undefined;
  #known: KnownRecords = { byId: new Map(), byBytes: new Map() };
  /** Ids of the records that the list has shown. */
  readonly #seen = new Set<string>();
  #page: Page = emptyPage();
  #listed = 0;
  readonly #observed = new Map<string, ObservedRecord>();
  readonly #stored: StoredRecords = {
    records: new Map(),
    contributions: new Map(),
  };
  readonly #unidentified: Problem[] = [];

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Begins to read what is stored, which otherwise waits for the first record. */
  prepare(): void {
    this.#reading ??= readKnown(this.#options);
    // A failure reaches whoever awaits it.
    this.#reading.catch(() => undefined);
  }

  async #readKnown(): Promise<KnownRecords> {
    this.prepare();
    this.#known = await this.#reading!;
    return this.#known;
  }

  startPage(): void {
    this.#page = emptyPage();
  }

  async records(batch: ListedRecord[]): Promise<void> {
    const { reusable, source } = this.#options;
    const { byBytes } = await this.#readKnown();
    const others: Numbered[] = [];
    for (const record of batch) {
      const known = reusable ? byBytes.get(record.bytesHash) : undefined;
      const number = this.#listed + ++this.#page.listed;
      if (known) {
        this.#page.unchanged.push(known.recordId);
      } else {
        others.push({ record, number });
      }
    }
    if (others.length > 0) {
      await withSpan('custom_data.map', { source }, () => this.#map(others));
    }
  }

  async #map(records: Numbered[]): Promise<void> {
    for (const chunk of inChunks(records, RECORDS_AT_ONCE)) {
      for (const each of chunk) {
        await this.#observe(each);
      }
      await setImmediate();
      this.#options.signal.throwIfAborted();
    }
  }

  async #observe({ record, number }: Numbered): Promise<void> {
    const { knex, source, checkRecord, mapper, validateEntity, reusable } =
      this.#options;
    const value = record.parse();
    const recordId = await mapper.recordId(value);
    if (recordId === undefined) {
      const problem = await unidentified(value, number, mapper);
      this.#page.unidentified.push(problem);
      return;
    }
    const known = this.#known.byId.get(recordId);
    // By name, since spreading the options would take as long as mapping.
    const observed = await observeRecord({
      source,
      checkRecord,
      mapper,
      validateEntity,
      reusable,
      isRehearsal: knex === undefined,
      record: value as JsonObject,
      recordId,
      bytesHash: record.bytesHash,
      known,
    });
    if (observed.outcome.type === 'unchanged' && known?.bytesHash) {
      this.#page.unchanged.push(recordId);
    } else {
      this.#page.observed.push(observed);
    }
  }

  /** Pages may overlap while the list changes, so a record may come twice with the same content. */
  endPage(): void {
    const page = this.#page;
    for (const recordId of page.unchanged) {
      if (this.#observed.has(recordId)) {
        this.#observed.set(recordId, duplicateId(recordId));
      }
      this.#seen.add(recordId);
    }
    for (const record of page.observed) {
      const { recordId, bytesHash } = record;
      const earlier = this.#observed.get(recordId);
      if (!this.#seen.has(recordId)) {
        this.#observed.set(recordId, record);
      } else if (!earlier || earlier.bytesHash !== bytesHash) {
        this.#observed.set(recordId, duplicateId(recordId));
      }
      this.#seen.add(recordId);
    }
    page.unidentified.forEach(problem => this.#unidentified.push(problem));
    this.#listed += page.listed;
    this.#page = emptyPage();
  }

  /** Takes why the source itself does not vouch for the list, if so. */
  async finish(unsure?: string): Promise<ObservedList> {
    const { byId } = await this.#readKnown();
    const unseen = [...byId.keys()].filter(id => !this.#seen.has(id));
    const { length } = this.#unidentified;
    const lacksIds = length
      ? `${counted(
          length,
          'record',
        )} of the list cannot be identified, so what the list lacks is not removed`
      : undefined;
    const incomplete = unsure ?? lacksIds;
    const complete = incomplete === undefined;
    await this.#load(complete ? unseen : []);
    await this.#load([...this.#observed.keys()]);
    await this.#load(await this.#holdersOfNewRefs());
    for (const recordId of this.#stored.records.keys()) {
      if (!this.#observed.has(recordId) && this.#seen.has(recordId)) {
        const outcome = { type: 'unchanged' as const };
        this.#observed.set(recordId, { recordId, outcome });
      }
    }
    return {
      observed: [...this.#observed.values()],
      stored: this.#stored,
      listed: this.#listed,
      complete,
      incomplete,
      unidentified: this.#unidentified,
      seen: this.#seen,
      unseen,
    };
  }

  /** Records that have a ref which a record of the list gives now and did not give before. */
  async #holdersOfNewRefs(): Promise<string[]> {
    const { knex, source } = this.#options;
    if (!knex || this.#known.byId.size === 0) {
      return [];
    }
    const refs = new Set<string>();
    for (const { recordId, outcome } of this.#observed.values()) {
      if (outcome.type === 'mapped') {
        const before = this.#stored.contributions.get(recordId) ?? [];
        outcome.contributions
          .filter(c => !before.some(b => b.entityRef === c.entityRef))
          .forEach(c => refs.add(c.entityRef));
      }
    }
    const entityRefs = [...refs];
    const given = await readGivenEntities({ knex, source, entityRefs });
    return [...given.values()].map(({ recordId }) => recordId);
  }

  async #load(recordIds: string[]): Promise<void> {
    const { knex, source } = this.#options;
    if (!knex) {
      return;
    }
    const { records, contributions } = await readRecords({
      knex,
      source,
      recordIds: recordIds.filter(
        id => this.#known.byId.has(id) && !this.#stored.records.has(id),
      ),
    });
    records.forEach((record, id) => this.#stored.records.set(id, record));
    contributions.forEach((given, id) =>
      this.#stored.contributions.set(id, given),
    );
  }
}

async function readKnown({
  knex,
  source,
}: ObserverOptions): Promise<KnownRecords> {
  const byId = new Map<string, KnownRecord>();
  const byBytes = new Map<string, KnownRecord>();
  for await (const records of knex ? readKnownRecords({ knex, source }) : []) {
    for (const record of records) {
      byId.set(record.recordId, record);
      // One that is invalid or was missing is evaluated again.
      if (record.bytesHash !== undefined && record.state === 'seen') {
        byBytes.set(record.bytesHash, record);
      }
    }
  }
  return { byId, byBytes };
}

function emptyPage(): Page {
  return { listed: 0, unchanged: [], observed: [], unidentified: [] };
}

async function unidentified(
  record: JsonValue,
  number: number,
  mapper: RecordMapper,
): Promise<Problem> {
  const severity = 'error';
  if (isObject(record)) {
    const why = await mapper.explainNoId(record);
    return {
      code: 'record-without-id',
      severity,
      message:
        `Record ${number} of the list, ${describeShape(record)}, has no id: ` +
        `${why}; correct that key, or the record`,
    };
  }
  const advice = Array.isArray(record)
    ? 'did "records" give lists of lists?'
    : 'check the key "records" of the source';
  return {
    code: 'record-not-an-object',
    severity,
    message: `Item ${number} of the list is ${describeShape(
      record,
    )}; ${advice}`,
  };
}

function duplicateId(recordId: string): ObservedRecord {
  const problem: Problem = {
    code: 'record-id-twice',
    severity: 'error',
    recordId,
    message:
      `Two records of the list have the id "${recordId}"; neither is taken. ` +
      `Choose an "id" that names one record`,
  };
  return { recordId, outcome: { type: 'invalid', problems: [problem] } };
}
