import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { EntityProviderMutation } from '@backstage/plugin-catalog-node';
import type { JsonObject, JsonValue } from '@backstage/types';
import { hash } from 'node:crypto';
import type { SourceSettings } from '../../config/settings';
import type {
  CatalogRelations,
  EntityRegistry,
} from '../../database/catalogTables';
import type { RecordMapper } from '../../mapping/RecordMapper';
import type { RecordSink, RecordSource } from '../../sources/RecordSource';
import type { Validators } from '../../sources/validators';
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
    requiredAnnotations: [],
    cycles: 'report',
    takeover: false,
    schedule: { frequency: { minutes: 15 }, timeout: { minutes: 5 } },
    reconcile: { frequency: { hours: 6 }, timeout: { minutes: 5 } },
    backoff: { initialMs: 60_000, maxMs: 3_600_000 },
    removals: { maxRatio: 0.2, minCount: 5 },
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

/** `{ id, owner }` gives a component, named by `name` where there is one; `{ id, broken: true }` none. */
export const mapper: RecordMapper = {
  selectRecords: async answer => answer as JsonValue[],
  recordId: async record => (record as JsonObject).id as string | undefined,
  map: async (record, recordId) =>
    record.broken
      ? {
          type: 'failed',
          problems: [
            {
              code: 'expression-failed',
              severity: 'error',
              recordId,
              message: 'broken',
            },
          ],
        }
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
                owner: record.owner,
              },
            },
          ],
        },
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
      ? { type: 'record', record, validators: this.validators() }
      : { type: 'not-found' };
  };

  async list(options: { validators?: Validators; sink: RecordSink }) {
    this.asked.push(options.validators);
    if (this.answer instanceof Error) {
      throw this.answer;
    }
    if (this.etag && options.validators?.etag === this.etag) {
      return { type: 'not-modified' as const };
    }
    await givePage(options.sink, this.answer);
    return { type: 'listed' as const, validators: this.validators() };
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

/** What the catalog holds, from the mutations it was given; it knows every group. */
export class FakeCatalog {
  readonly entities = new Map<string, Entity>();
  readonly mutations: EntityProviderMutation[] = [];
  /** The one that it is connected to. */
  readonly provider = 'custom-data-registry';
  /** Location keys of what the catalog has from others. */
  readonly foreign = new Map<string, string | null>();
  readonly relations: CatalogRelations = { edgesOf: async () => new Map() };
  readonly registry: EntityRegistry = {
    locationKeys: async refs =>
      new Map(
        refs.flatMap((ref): Array<[string, string | null]> => {
          const key = ref.startsWith('group:')
            ? 'org'
            : this.foreign.get(ref) ?? this.#keys.get(ref);
          return this.foreign.has(ref) || key ? [[ref, key ?? null]] : [];
        }),
      ),
    countOf: async provider => (await this.registry.refsOf(provider)).length,
    refsOf: async provider =>
      provider === this.provider ? [...this.#keys.keys()] : [],
  };
  readonly #keys = new Map<string, string>();
  failure: Error | undefined;

  async applyMutation(mutation: EntityProviderMutation): Promise<void> {
    if (this.failure) {
      throw this.failure;
    }
    this.mutations.push(mutation);
    if (mutation.type === 'full') {
      this.entities.clear();
      this.#keys.clear();
    } else {
      mutation.removed.forEach(r => {
        const ref =
          'entityRef' in r ? r.entityRef : stringifyEntityRef(r.entity);
        this.entities.delete(ref);
        this.#keys.delete(ref);
      });
    }
    const added = mutation.type === 'full' ? mutation.entities : mutation.added;
    added.forEach(({ entity, locationKey }) => {
      const ref = stringifyEntityRef(entity);
      const theirs = this.foreign.get(ref);
      if (!theirs || theirs === locationKey) {
        this.foreign.delete(ref);
        this.entities.set(ref, entity);
        this.#keys.set(ref, locationKey!);
      }
    });
  }

  /** Somebody deletes an entity in the catalog. */
  lose(ref: string): void {
    this.#keys.delete(ref);
    this.entities.delete(ref);
  }

  /** Another provider gives a ref again that was taken over from it. */
  takeBack(ref: string): void {
    this.foreign.set(ref, this.#keys.get(ref)!);
    this.lose(ref);
  }

  async refresh(): Promise<void> {}

  names(): string[] {
    return [...this.entities.values()].map(e => e.metadata.name).sort();
  }
}

export class FakeClock {
  #time = new Date('2026-01-01T00:00:00.000Z').getTime();
  readonly now = () => new Date(this.#time);

  advance(milliseconds: number): void {
    this.#time += milliseconds;
  }
}
