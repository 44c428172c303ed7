import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { isInNamespace } from '../../database/bulk';
import { readLocationKeys } from '../../database/catalogTables';
import type {
  EntityChange,
  LeftChange,
  Pin,
} from '../../ingestion/changes/change';
import {
  type CurrentEntity,
  readCurrentEntities,
} from '../../ingestion/changes/readCurrent';
import type { SourcesContext } from '../../ingestion/control/sources';
import { countEntities } from '../../ingestion/database/records';
import { countRecentRemovals } from '../../ingestion/database/runs';
import { holdRemovals } from '../../ingestion/guards';
import { describeHolder } from '../../ingestion/ownership';
import type {
  Snapshot,
  SnapshotItem,
} from '../../ingestion/snapshots/snapshot';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { providerName } from '../../lib/keys';
import { checkEntity } from '../../validation/createEntityValidator';
import { withoutServerFields } from './serverFields';

type Context = Pick<SourcesContext, 'knex' | 'syncs' | 'now'>;

/** What differs between a snapshot and the present, found part by part. */
export class SnapshotDifference {
  /** By source: what makes the present as the snapshot. */
  readonly changes = new Map<string, EntityChange[]>();
  readonly left: LeftChange[] = [];
  /** Why nothing can be restored, by field. */
  readonly faults: string[] = [];
  /** The refs that were compared. */
  readonly found = new Set<string>();
  readonly #sources = new Set<string>();

  constructor(
    private readonly context: Context,
    private readonly options: {
      pin: Pin;
      /** Whether the snapshot comes from a file. */
      isImported: boolean;
      /** All by default. */
      selected?: ReadonlySet<string>;
    },
  ) {}

  /** Compares some entities of the snapshot. */
  async compare(items: SnapshotItem[]): Promise<void> {
    const { selected } = this.options;
    const bySource = new Map<string, SnapshotItem[]>();
    for (const item of items) {
      const { entityRef, source, locationKey } = item;
      if (selected && !selected.has(entityRef)) {
        continue;
      }
      this.found.add(entityRef);
      if (source === undefined) {
        this.#leave(entityRef, `${describeHolder(locationKey)} gives it`);
      } else if (!this.context.syncs.has(source)) {
        this.#leave(entityRef, `source "${source}" is not configured`);
      } else {
        const others = bySource.get(source) ?? [];
        bySource.set(source, others);
        others.push(item);
      }
    }
    for (const [source, ofSource] of bySource) {
      this.#sources.add(source);
      await this.#compareSource(source, ofSource);
    }
  }

  async #compareSource(source: string, items: SnapshotItem[]): Promise<void> {
    const { knex } = this.context;
    const entityRefs = items.map(({ entityRef }) => entityRef);
    const current = await readCurrentEntities({ knex, source, entityRefs });
    const absent = entityRefs.filter(ref => !current.has(ref));
    const holders = await readLocationKeys({ knex, entityRefs: absent });
    for (const item of items) {
      const { entityRef } = item;
      const now = current.get(entityRef);
      const key = holders.get(entityRef);
      if (now && now.source !== source) {
        this.#leave(entityRef, `source "${now.source}" owns it by now`);
      } else if (key !== undefined && key !== providerName(source)) {
        this.#leave(entityRef, `${describeHolder(key)} has it by now`);
      } else if (!isSame(item.entity, now, this.options.isImported)) {
        await this.#restore(source, item, now);
      }
    }
  }

  async #restore(
    source: string,
    item: SnapshotItem,
    now: CurrentEntity | undefined,
  ): Promise<void> {
    const { entityRef } = item;
    const { gate } = this.context.syncs.get(source)!;
    const given = withoutServerFields(item.entity) as unknown as JsonObject;
    const { entity, faults } = await checkEntity(given, gate);
    faults.forEach(({ path, reason }) =>
      this.faults.push(
        `${path || 'entity'} of "${entityRef}", source "${source}": ${reason}`,
      ),
    );
    this.#change(source, {
      entityRef,
      recordId: now?.state?.recordId ?? item.recordId,
      before: now?.hash ?? null,
      after: entity as unknown as EntityChange['after'],
    });
  }

  /** Removes what sources of the snapshot have, and it has not, unless the guard holds that. */
  async removeNew(snapshot: Pick<Snapshot, 'namespace'>): Promise<void> {
    const { knex, syncs, now } = this.context;
    for (const source of this.#sources) {
      const fresh = await this.#readNew(source, snapshot);
      const { settings } = syncs.get(source)!;
      const held =
        fresh.length > 0 &&
        holdRemovals({
          removals: fresh.length,
          total: await countEntities({ knex, source }),
          recent: await countRecentRemovals({ knex, source, now: now() }),
          listed: this.found.size,
          nonePasses: false,
          settings: settings.removals,
        });
      if (held) {
        this.faults.push(
          `keepNew: of source "${source}" what came since would be removed: ${held}; keep that with "keepNew": true, or restore a selection with "entityRefs"`,
        );
      }
      fresh.forEach(({ entityRef, hash }) =>
        this.#change(source, { entityRef, before: hash }),
      );
    }
  }

  async #readNew(
    source: string,
    { namespace }: Pick<Snapshot, 'namespace'>,
  ): Promise<Array<{ entityRef: string; hash: string }>> {
    const { knex } = this.context;
    const query = knex('custom_data_entities')
      .where({ source })
      .select('entity_ref', 'hash');
    if (namespace !== undefined) {
      query.andWhere(isInNamespace(knex, 'entity_ref', namespace));
    }
    return (await query)
      .filter(row => !this.found.has(row.entity_ref))
      .map(row => ({ entityRef: row.entity_ref, hash: row.hash }));
  }

  #change(source: string, change: EntityChange): void {
    const changes = this.changes.get(source) ?? [];
    this.changes.set(source, changes);
    changes.push({ ...change, pin: this.options.pin });
  }

  #leave(entityRef: string, reason: string): void {
    this.left.push({ entityRef, reason });
  }
}

/**
 * Of a file the catalog may have written, so what it adds makes no difference:
 * the default namespace, and another order of the refs in a list.
 */
function isSame(
  entity: JsonObject,
  now: CurrentEntity | undefined,
  isImported: boolean,
): boolean {
  if (!now?.state) {
    return false;
  }
  return isImported
    ? comparable(entity) === comparable(JSON.parse(now.state.entity))
    : now.hash === hashOf(canonicalJson(entity));
}

function comparable(entity: JsonObject): string {
  const { metadata, spec = {}, ...others } = withoutServerFields(entity);
  return canonicalJson({
    ...others,
    metadata: { namespace: DEFAULT_NAMESPACE, ...metadata },
    spec: Object.fromEntries(
      Object.entries(spec).map(([key, value]) => [key, inOrder(value)]),
    ),
  });
}

function inOrder(value: JsonValue | undefined): JsonValue | undefined {
  const isTexts =
    Array.isArray(value) && value.every(item => typeof item === 'string');
  return isTexts ? [...value].sort() : value;
}
