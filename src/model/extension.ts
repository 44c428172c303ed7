import type { JsonObject } from '@backstage/types';

/** Of which record of which source an entity is made. */
export interface TransformContext {
  source: string;
  recordId: string;
}

/** One entity, several, or none. What comes out is validated like what a template gives. */
export type Transformed = object | object[] | undefined;

/**
 * Maps records in code, for what a template cannot say.
 *
 * @public
 */
export interface RecordTransformer {
  /** What a source's key `transformer` calls it: `[a-z0-9-]`, at most 63 characters. */
  name: string;
  /**
   * To be changed with each change of the code that gives other entities for
   * the same record, at most 63 characters: records that are as they were are
   * mapped again only when it changes.
   */
  version: string;
  /**
   * Maps a record. Has to give the same for the same record. What it throws
   * costs that record, which keeps its last good entities.
   */
  transform(
    record: JsonObject,
    context: TransformContext,
  ): Transformed | Promise<Transformed>;
}

/**
 * Where records come from if not over HTTP: a database, a queue, a file.
 *
 * @public
 */
export interface CustomRecordSource {
  /** The name of a source in the configuration, which says `type: custom`. */
  name: string;
  /**
   * All records, in batches. Throws where they cannot be read: a list that ends
   * is taken for whole, and what it lacks for gone.
   */
  list(options: {
    signal: AbortSignal;
  }): AsyncIterable<JsonObject[]> | Iterable<JsonObject[]>;
  /** A single record, or undefined where there is none by that id. Without it, single records cannot be read. */
  read?(options: {
    recordId: string;
    signal: AbortSignal;
  }): Promise<JsonObject | undefined>;
  /** Stands for the present state of the list; while it stays the same, the list is not read. */
  revision?(options: { signal: AbortSignal }): Promise<string | undefined>;
}
