import {
  ANNOTATION_LOCATION,
  DEFAULT_NAMESPACE,
} from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { fullEntityRef } from '../../config/entities';
import { type SnapshotItem, toLine } from '../../ingestion/snapshots/snapshot';
import { canonicalJson } from '../../lib/canonicalJson';
import { LOCATION_TYPE, MAX_ID_LENGTH, parseTarget } from '../../lib/keys';
import { isObject, quoteValue } from '../../lib/values';
import {
  checkEntity,
  type ValidationSettings,
} from '../../validation/createEntityValidator';
import type { FilePart } from './readFile';
import { withoutServerFields } from './serverFields';

/** Of the files of snapshots. */
export const SNAPSHOT_VERSION = 1;

/** What holds for the entities of a source; undefined for one that is not here. */
export type GateOf = (source: string) => ValidationSettings | undefined;

const headerSchema = z.looseObject({
  version: z.literal(SNAPSHOT_VERSION, {
    error: ({ input }) =>
      `is ${
        quoteValue(input) ?? 'missing'
      }, and this release reads version ${SNAPSHOT_VERSION}`,
  }),
  count: z.int(),
  digest: z.string(),
});

const itemSchema = z.strictObject({
  entityRef: z.string(),
  entity: z.custom<JsonObject>(isObject, { error: 'is no object' }),
  source: z.string().optional(),
  recordId: z.string().min(1).max(MAX_ID_LENGTH).optional(),
  locationKey: z.string().optional(),
});

/** The entities of a file, checked one by one, and what is wrong with them. */
export class FileItems {
  readonly faults: string[] = [];
  readonly #gateOf: GateOf;
  readonly #refs = new Set<string>();
  readonly #hash = createHash('sha256');
  #count = 0;
  #header: z.output<typeof headerSchema> | undefined;
  /** Whether it has items of our form, which need the header. */
  #isExport = false;

  constructor(gateOf: GateOf) {
    this.#gateOf = gateOf;
  }

  /** The line of an entity for a snapshot; undefined for one with a fault, and for the header. */
  async read(part: FilePart): Promise<string | undefined> {
    if ('header' in part) {
      this.#header = this.#parse(headerSchema, part.header, 'snapshot');
      return undefined;
    }
    const path = `items[${this.#count++}]`;
    const item = this.#toItem(part.item, path);
    if (!item) {
      return undefined;
    }
    if (this.#refs.has(item.entityRef)) {
      this.faults.push(`${path}: "${item.entityRef}" is there twice`);
    }
    this.#refs.add(item.entityRef);
    return toLine(await this.#pass(item, path));
  }

  /** Looks whether all of the file came. */
  end(): void {
    const { faults } = this;
    if (this.#header) {
      const { count, digest } = this.#header;
      if (count !== this.#count) {
        faults.push(
          `snapshot.count: is ${count}, and the file has ${
            this.#count
          }; it is truncated, or something was taken out`,
        );
      } else if (digest !== this.#hash.digest('hex')) {
        faults.push(
          'snapshot.digest: is not that of the entities; the file was changed after its export',
        );
      }
    } else if (this.#isExport && faults.length === 0) {
      faults.push(
        'snapshot: is missing; it is the first line of a file of lines, and a member of one of JSON',
      );
    } else if (this.#count === 0) {
      faults.push('items: has no entity');
    }
  }

  #toItem(value: JsonValue, path: string): SnapshotItem | undefined {
    if (!isObject(value)) {
      this.faults.push(`${path}: is ${quoteValue(value)}, and no entity`);
      return undefined;
    }
    this.#isExport ||= 'entity' in value;
    if (!('entity' in value)) {
      const entityRef = this.#refOf(value, path);
      return entityRef === undefined
        ? undefined
        : { entityRef, entity: value, ...originOf(value) };
    }
    this.#hash.update(`${canonicalJson(value)}\n`);
    const item = this.#parse(itemSchema, value, path);
    const ref = item && this.#refOf(item.entity, `${path}.entity`);
    if (ref !== undefined && ref !== item?.entityRef) {
      this.faults.push(
        `${path}.entityRef: is ${quoteValue(
          item?.entityRef,
        )}, and the entity is "${ref}"`,
      );
    }
    return ref === undefined ? undefined : item;
  }

  #refOf(entity: JsonObject, path: string): string | undefined {
    const { kind, metadata } = entity;
    const { name, namespace = DEFAULT_NAMESPACE } = isObject(metadata)
      ? metadata
      : {};
    const ref = [kind, namespace, name].every(part => typeof part === 'string')
      ? fullEntityRef(`${kind}:${namespace}/${name}`)
      : undefined;
    if (ref === undefined) {
      this.faults.push(
        `${path}: is no entity; "kind", "metadata.name" or "metadata.namespace" is missing or not valid`,
      );
    }
    return ref;
  }

  /** Holds an entity of one of our sources to what that source may give. */
  async #pass(item: SnapshotItem, path: string): Promise<SnapshotItem> {
    const { source, entityRef } = item;
    const gate = source === undefined ? undefined : this.#gateOf(source);
    if (!gate) {
      return item;
    }
    const given = withoutServerFields(item.entity) as unknown as JsonObject;
    const { entity, faults } = await checkEntity(given, gate);
    faults.forEach(({ path: field, reason }) =>
      this.faults.push(
        `${path}.entity${
          field && `.${field}`
        } of "${entityRef}", source "${source}": ${reason}`,
      ),
    );
    return { ...item, entity, recordId: item.recordId ?? entityRef };
  }

  #parse<T>(
    schema: z.ZodType<T>,
    value: JsonValue,
    path: string,
  ): T | undefined {
    const parsed = schema.safeParse(value);
    parsed.error?.issues.forEach(issue =>
      this.faults.push(`${[path, ...issue.path].join('.')}: ${issue.message}`),
    );
    return parsed.data;
  }
}

/** By the annotation that the catalog shows, the record that gives an entity. */
function originOf({ metadata }: JsonObject): Partial<SnapshotItem> {
  const { annotations } = isObject(metadata) ? metadata : {};
  const location = isObject(annotations) && annotations[ANNOTATION_LOCATION];
  const prefix = `${LOCATION_TYPE}:`;
  const isOurs = typeof location === 'string' && location.startsWith(prefix);
  const origin = isOurs
    ? parseTarget(location.slice(prefix.length))
    : undefined;
  return origin && origin.recordId.length <= MAX_ID_LENGTH ? origin : {};
}
