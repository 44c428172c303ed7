import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import {
  CLOSING_A_RUN,
  failStatements,
} from '../../database/__testUtils__/failStatements';
import { SourceError } from '../../lib/errors';
import type { SourceSync } from '../SourceSync';
import { readApproved, readHeldRefs } from '../database/plans';
import { readEntityRefs } from '../database/records';
import { SourceWorld } from './describeSource';

const HOUR = 3_600_000;
const REMOVALS = { maxRatio: 0.2, minCount: 2, keep: false };
const signal = new AbortController().signal;

export type Answer = JsonObject[];

/** Something that happens to a source. */
export interface Step {
  type:
    | 'poll'
    | 'again'
    | 'reconcile'
    | 'fails'
    | 'unidentified'
    | 'refused'
    | 'dies'
    | 'restart'
    | 'approve'
    | 'reject'
    | 'single';
  list?: Answer;
  one?: JsonObject;
}

const versionOf = ({ id, name, owner = 'unowned' }: JsonObject) =>
  `${id} ${name} ${owner}`;

const versionOfEntity = (entity: Entity) =>
  `${recordOf(entity)} ${entity.metadata.name} ${entity.spec?.owner}`;

function recordOf({ metadata }: Entity): string {
  return metadata.annotations!['backstage.io/managed-by-location'].slice(
    'custom-data:registry/'.length,
  );
}

/** A catalog, a source and the process between them, which may die. */
export class World extends SourceWorld {
  #sync: SourceSync;
  #last: Answer = [];

  constructor(knex: Knex) {
    super();
    this.begin(knex);
    this.#sync = this.#start();
  }

  /** No run of the process is closed any more. */
  async #dieWhile(work: () => Promise<void>): Promise<void> {
    const repair = failStatements(this.knex, CLOSING_A_RUN);
    await work();
    repair();
  }

  #start(): SourceSync {
    return this.start({ removals: REMOVALS });
  }

  async take({ type, list = [], one = {} }: Step): Promise<void> {
    this.clock.advance(2 * HOUR);
    switch (type) {
      case 'poll':
        this.#last = list;
        return this.#poll(this.#last);
      case 'reconcile':
        return this.#poll(this.#last, 'reconcile');
      case 'fails':
        return this.#poll(new SourceError('down', { code: 'network' }));
      case 'unidentified':
        return this.#poll([...list, { owner: 'x' }]);
      case 'refused':
        this.catalog.failure = new Error('database is down');
        await this.#poll(list);
        this.catalog.failure = undefined;
        return undefined;
      case 'dies':
        await this.#dieWhile(() => this.#poll(list));
        this.#sync = this.#start();
        return undefined;
      case 'restart':
        this.#sync = this.#start();
        return undefined;
      case 'approve':
        await this.decide('approved');
        return undefined;
      case 'reject':
        await this.decide('rejected');
        return undefined;
      case 'single':
        return this.#syncRecord(one);
      default:
        return this.#poll(this.#last);
    }
  }

  async #poll(
    given: Answer | Error,
    kind: 'poll' | 'reconcile' = 'poll',
  ): Promise<void> {
    this.source.answer = given;
    await this.#sync.poll({ kind, signal }).catch(() => undefined);
  }

  async #syncRecord(one: JsonObject): Promise<void> {
    const recordId = one.id as string;
    this.source.records.set(recordId, one);
    await this.#sync.syncRecord({ recordId, signal }).catch(() => undefined);
  }

  approvedRefs(): Promise<Set<string>> {
    const now = this.clock.now();
    return readApproved({ knex: this.knex, source: 'registry', now });
  }

  heldRefs(): Promise<Set<string>> {
    return readHeldRefs({ knex: this.knex, source: 'registry' });
  }

  /** The record of each entity by the tables; the catalog may have another's, of a run that died. */
  async holders(): Promise<Map<string, string>> {
    const rows = await this.knex('custom_data_contributions').select(
      'entity_ref',
      'record_id',
    );
    return new Map(rows.map(row => [row.entity_ref, row.record_id]));
  }

  /** Polls until nothing waits, with every plan approved; gives how often one poll more calls the catalog. */
  async settle(): Promise<number> {
    for (let round = 0; round < 8; round++) {
      this.clock.advance(2 * HOUR);
      await this.#poll(this.#last);
      await this.decide('approved');
    }
    const { length } = this.catalog.mutations;
    await this.#poll(this.#last);
    return this.catalog.mutations.length - length;
  }

  /**
   * What the catalog has and should not, or lacks: each name that a readable
   * record gives is there, in a version that one of them gives; beyond these
   * only what unreadable or conflicting records had.
   */
  async faults(): Promise<string[]> {
    const readable = this.#last.filter(one => !one.broken);
    const versions = new Set(readable.map(versionOf));
    const doubtful = new Set(
      this.#last.filter(one => this.#isDoubtful(one)).map(one => one.id),
    );
    const tables = new Set(
      await readEntityRefs({ knex: this.knex, source: 'registry' }),
    );
    const extra = [...this.catalog.entities].filter(([ref, entity]) => {
      const mayBeOfUnreadable = !tables.has(ref) && doubtful.size > 0;
      return (
        !versions.has(versionOfEntity(entity)) &&
        !mayBeOfUnreadable &&
        !doubtful.has(recordOf(entity))
      );
    });
    const names = this.catalog.names();
    const absent = readable.filter(one => !names.includes(one.name as string));
    return [
      ...extra.map(([ref]) => `should not have ${ref}`),
      ...absent.map(one => `lacks ${one.name}`),
    ];
  }

  /** Whether a record cannot be read, shares its name, or finds it taken. */
  #isDoubtful(one: JsonObject): boolean {
    const entity = this.catalog.entities.get(`component:default/${one.name}`);
    return (
      one.broken === true ||
      this.#last.some(
        other =>
          !other.broken && other.id !== one.id && other.name === one.name,
      ) ||
      (entity !== undefined && recordOf(entity) !== one.id)
    );
  }

  /** Why entities are gone that should not be. */
  wrongRemovals(
    before: Map<string, Entity>,
    {
      approved,
      held,
      holders,
    }: {
      approved: Set<string>;
      held: Set<string>;
      holders: Map<string, string>;
    },
    { type, list = [] }: Step,
  ): string[] {
    const gone = [...before].filter(
      ([ref]) => !this.catalog.entities.has(ref) && !approved.has(ref),
    );
    const refs = gone.map(([ref]) => `${type} removed ${ref}`);
    const limit = Math.max(REMOVALS.minCount, Math.floor(0.2 * before.size));
    // Those of the tables too, which the catalog has again after a run that died.
    const all = new Set([...before.keys(), ...holders.keys()]);
    const isAll = gone.length === all.size;
    if (isAll || gone.length > limit || ['fails', 'refused'].includes(type)) {
      return refs;
    }
    if (type === 'single') {
      return refs.filter((_, i) => held.has(gone[i][0]));
    }
    // Of an incomplete list, only what a record of it calls otherwise now.
    const listed = list.filter(one => !one.broken).map(one => one.id);
    return type === 'unidentified'
      ? refs.filter((_, i) => {
          const [ref, entity] = gone[i];
          return !listed.includes(holders.get(ref) ?? recordOf(entity));
        })
      : [];
  }
}
