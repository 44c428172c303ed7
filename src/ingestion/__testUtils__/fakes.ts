import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type {
  DeferredEntity,
  EntityProviderMutation,
} from '@backstage/plugin-catalog-node';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { hash } from 'node:crypto';
import type { SourceSettings } from '../../config/source';
import { readLocationKeys } from '../../database/catalogTables';
import { canonicalJson } from '../../lib/canonicalJson';
import type { MapOutcome, RecordMapper } from '../../mapping/RecordMapper';
import type {
  ListAnswer,
  ListOptions,
  RecordSink,
  RecordSource,
} from '../../sources/RecordSource';
import type { Validators } from '../../sources/httpValidators';
import type { ValidateEntity } from '../../validation/createEntityValidator';

export function settingsOf(
  overrides: Partial<SourceSettings> = {},
): SourceSettings {
  return {
    name: 'registry',
    type: 'http',
    url: 'http://registry.invalid/metadata',
    recordUrl: 'http://registry.invalid/metadata/{id}',
    method: 'GET',
    headers: {},
    pagination: { type: 'none' },
    id: 'id',
    entity: [{}],
    tables: {},
    maxEntityBytes: 1_000_000,
    requiredAnnotations: [],
    cycles: 'report',
    takeover: false,
    schedule: { frequency: { minutes: 15 }, timeout: { minutes: 5 } },
    reconcile: { frequency: { hours: 6 }, timeout: { minutes: 5 } },
    backoff: { initialMs: 60_000, maxMs: 3_600_000 },
    removals: { maxRatio: 0.2, minCount: 1, keep: false },
    changes: { maxRatio: 0.5, ignore: [] },
    kinds: ['Component'],
    namespaces: ['default'],
    locations: { allow: [] },
    poll: true,
    paused: false,
    request: {
      timeoutMs: 1000,
      maxBytes: 1000,
      maxDepth: 10,
      retries: 0,
      concurrency: 4,
    },
    ...overrides,
  };
}

export function service(id: string, owner: string = 'team'): JsonObject {
  return { id, owner };
}

/** As many services, `s0`, `s1` and so on. */
export function services(count: number, owner?: string): JsonObject[] {
  return Array.from({ length: count }, (_, i) => service(`s${i}`, owner));
}

/** What a mapping gives for a record that it cannot map. */
export function failedMapping(recordId: string, value?: string): MapOutcome {
  return {
    type: 'failed',
    problems: [
      {
        code: 'expression-failed',
        severity: 'error',
        recordId,
        message: 'broken',
        value,
      },
    ],
  };
}

/** `{ id, owner }` gives a component, named by `name` where there is one; `{ id, broken: true }` none. */
export const mapper: RecordMapper = {
  selectRecords: async answer => answer as JsonValue[],
  recordId: async record => (record as JsonObject).id as string | undefined,
  explainNoId: async () => 'there is no id',
  map: async (record, recordId) =>
    record.broken
      ? failedMapping(recordId)
      : {
          type: 'mapped',
          entities: [
            {
              apiVersion: 'backstage.io/v1alpha1',
              kind: 'Component',
              metadata: { name: record.name ?? record.id },
              spec: {
                type: 'service',
                lifecycle: 'production',
                owner: record.owner ?? 'unowned',
              },
            },
          ],
        },
  unfound: record => [record.owner === undefined ? ['spec.owner'] : []],
};

export const validateEntity: ValidateEntity = async candidate => ({
  type: 'valid',
  entity: candidate as unknown as Entity,
});

/** A source whose answers a test sets, with an ETag where it sets one. */
export class FakeSource implements RecordSource {
  answer: JsonValue[] | Error = [];
  records = new Map<string, JsonObject | Error>();
  etag: string | undefined;
  incomplete: string | undefined;
  retryAt: Date | undefined;
  readonly asked: Array<Validators | undefined> = [];
  read: RecordSource['read'] = async ({ recordId, validators }) => {
    this.asked.push(validators);
    const record = this.records.get(recordId);
    if (record instanceof Error) {
      throw record;
    }
    if (record && this.etag && validators?.etag === this.etag) {
      return { type: 'not-modified' };
    }
    return record
      ? {
          type: 'record',
          record,
          validators: this.validators(),
          retryAt: this.retryAt,
        }
      : { type: 'not-found' };
  };

  async list(
    options: Pick<ListOptions, 'validators' | 'onRequest' | 'sink'>,
  ): Promise<ListAnswer> {
    this.asked.push(options.validators);
    if (this.answer instanceof Error) {
      throw this.answer;
    }
    if (this.etag && options.validators?.etag === this.etag) {
      return { type: 'not-modified' as const, retryAt: this.retryAt };
    }
    await givePage(options.sink, this.answer);
    return {
      type: 'listed',
      validators: this.validators(),
      incomplete: this.incomplete,
      retryAt: this.retryAt,
    };
  }

  private validators(): Validators | undefined {
    return this.etag ? { etag: this.etag } : undefined;
  }
}

/** As a source gives it for the bytes of a record. */
export function bytesHashOf(text: string): string {
  return hash('sha256', text, 'base64url' as 'hex');
}

/** Gives a sink one page of records. */
export async function givePage(
  sink: RecordSink,
  records: JsonValue[],
): Promise<void> {
  sink.startPage();
  await sink.records(
    records.map(record => ({
      bytesHash: bytesHashOf(JSON.stringify(record)),
      parse: () => record,
    })),
  );
  sink.endPage();
}

/** A catalog that applies mutations to its tables; it knows every owner that entities name. */
export class FakeCatalog {
  readonly entities = new Map<string, Entity>();
  readonly mutations: EntityProviderMutation[] = [];
  /** Owners that it does not know. */
  readonly unknownOwners = new Set<string>();
  failure: Error | undefined;
  /** What happens right before its next mutation, once. */
  beforeNext: (() => Promise<void>) | undefined;
  /** Refs whose updates its database refuses, each with the whole mutation. */
  readonly refused = new Set<string>();
  readonly #knex: Knex;
  readonly #provider: string;

  constructor(knex: Knex, provider: string = 'custom-data-registry') {
    this.#knex = knex;
    this.#provider = provider;
  }

  async applyMutation(mutation: EntityProviderMutation): Promise<void> {
    if (this.failure) {
      throw this.failure;
    }
    const happen = this.beforeNext;
    this.beforeNext = undefined;
    await happen?.();
    this.mutations.push(mutation);
    if (mutation.type === 'full') {
      throw new Error('A full mutation gets past every guard');
    }
    for (const removed of mutation.removed) {
      await this.lose((removed as { entityRef: string }).entityRef);
    }
    await this.#add(mutation.added);
  }

  async #add(added: DeferredEntity[]): Promise<void> {
    if (added.length === 0) {
      return;
    }
    if (await this.#isRolledBack(added)) {
      return;
    }
    const rows = added.map(({ entity, locationKey }) => ({
      entity_ref: stringifyEntityRef(entity),
      location_key: locationKey,
      unprocessed_entity: JSON.stringify(entity),
      unprocessed_hash: hash('sha1', canonicalJson(entity)),
    }));
    await this.#knex('refresh_state')
      .insert(rows)
      .onConflict('entity_ref')
      .merge(['location_key', 'unprocessed_entity', 'unprocessed_hash'])
      .whereRaw(
        'refresh_state.location_key is null or refresh_state.location_key = excluded.location_key',
      );
    const entityRefs = rows.map(row => row.entity_ref);
    const keys = await readLocationKeys({ knex: this.#knex, entityRefs });
    const taken = added.filter(
      ({ entity, locationKey }) =>
        keys.get(stringifyEntityRef(entity)) === locationKey,
    );
    taken.forEach(({ entity }) =>
      this.entities.set(stringifyEntityRef(entity), entity),
    );
    await this.#own(
      this.#provider,
      taken.map(({ entity }) => stringifyEntityRef(entity)),
    );
    await this.#knowOwners(taken.map(({ entity }) => entity));
  }

  /** Whether its database refuses an update of these, which the catalog only logs. */
  async #isRolledBack(added: DeferredEntity[]): Promise<boolean> {
    const refs = added.map(({ entity }) => stringifyEntityRef(entity));
    const keys = await readLocationKeys({ knex: this.#knex, entityRefs: refs });
    return refs.some(ref => this.refused.has(ref) && keys.has(ref));
  }

  async #own(provider: string, refs: string[]): Promise<void> {
    await this.#knex('refresh_state_references')
      .where({ source_key: provider })
      .whereIn('target_entity_ref', refs)
      .delete();
    await this.#knex.batchInsert(
      'refresh_state_references',
      refs.map(ref => ({
        source_key: provider,
        target_entity_ref: ref,
      })),
    );
  }

  async #knowOwners(entities: Entity[]): Promise<void> {
    const owners = entities.flatMap(({ spec }) =>
      typeof spec?.owner === 'string' ? `group:default/${spec.owner}` : [],
    );
    for (const ref of new Set(owners)) {
      if (!this.unknownOwners.has(ref)) {
        await this.give(ref, 'org');
        await this.#own('org', [ref]);
      }
    }
  }

  /** Somebody else has a ref, under that location key. */
  async give(ref: string, locationKey: string | null): Promise<void> {
    await this.#knex('refresh_state')
      .insert({ entity_ref: ref, location_key: locationKey })
      .onConflict('entity_ref')
      .merge(['location_key']);
  }

  /** Somebody deletes an entity in the catalog. */
  async lose(ref: string): Promise<void> {
    await this.takeBack(ref);
    await this.#knex('refresh_state').where({ entity_ref: ref }).delete();
  }

  /** Another provider gives a ref again that was taken over from it. */
  async takeBack(ref: string): Promise<void> {
    this.entities.delete(ref);
    await this.#knex('refresh_state_references')
      .where({ target_entity_ref: ref })
      .delete();
  }

  async refresh(): Promise<void> {}

  names(): string[] {
    return [...this.entities.values()].map(e => e.metadata.name).sort();
  }
}

export class FakeClock {
  #time = new Date('2026-01-01T00:00:00.000Z').getTime();
  readonly now = () => new Date(this.#time);

  /** When so much time will have passed. */
  after(milliseconds: number): Date {
    return new Date(this.#time + milliseconds);
  }

  advance(milliseconds: number): void {
    this.#time += milliseconds;
  }
}
