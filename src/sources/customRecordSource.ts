import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { createHash } from 'node:crypto';
import { abortable } from '../lib/abort';
import { SourceError } from '../lib/errors';
import type { ListedRecord, RecordSink, RecordSource } from './RecordSource';
import { RecordBatch } from './json/RecordBatch';

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

/** Around what a sink threw: no fault of the source, whatever it looks like. */
class SinkFailure extends Error {}

/**
 * Runs something with a sink whose errors nobody on the way takes for those of
 * the source, and tries again for. They come out as they are.
 */
export async function withGuardedSink<T>(
  sink: RecordSink,
  run: (guarded: RecordSink) => Promise<T>,
): Promise<T> {
  try {
    return await run({
      startPage: () => call(() => sink.startPage()),
      records: batch => callAsync(() => sink.records(batch)),
      endPage: () => call(() => sink.endPage()),
    });
  } catch (error) {
    throw error instanceof SinkFailure ? error.cause : error;
  }
}

function call(run: () => void): void {
  try {
    run();
  } catch (error) {
    fail(error);
  }
}

async function callAsync(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    fail(error);
  }
}

function fail(cause: unknown): never {
  throw new SinkFailure('The sink failed', { cause });
}

/** Whoever reads a single record holds something up, such as the catalog's processing. */
const READ_TIME_LIMIT_MS = 30_000;

/**
 * A `RecordSource` of what a module added in code, which may never answer: each
 * of its calls ends with its signal.
 */
export function createCustomRecordSource(
  source: CustomRecordSource,
): RecordSource {
  return {
    async list({ validators, signal, sink }) {
      const revision = await ask({
        source,
        method: 'revision',
        signal,
        run: async () => source.revision?.({ signal }),
      });
      if (revision !== undefined && revision === validators?.etag) {
        return { type: 'not-modified' };
      }
      sink.startPage();
      // However many come at once, they are serialised in portions.
      const portions = new RecordBatch({ sink, signal });
      for await (const batch of readBatches(source, signal)) {
        for (const record of batch) {
          const text = serialise(source, 'list', record);
          if (portions.add(toListed(text), text.length)) {
            await portions.flush();
          }
        }
      }
      await portions.end();
      sink.endPage();
      return {
        type: 'listed',
        validators: revision === undefined ? undefined : { etag: revision },
      };
    },

    async read({ recordId, signal }) {
      if (!source.read) {
        throw new InputError(
          `Source "${source.name}" cannot read single records: it has no read()`,
        );
      }
      const record = await readWithinLimit(source, recordId, signal);
      return record
        ? // As a list would give it, so that the two compare.
          {
            type: 'record',
            record: JSON.parse(serialise(source, 'read', record)),
          }
        : { type: 'not-found' };
    },
  };
}

async function readWithinLimit(
  source: CustomRecordSource,
  recordId: string,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const limit = AbortSignal.timeout(READ_TIME_LIMIT_MS);
  const limited = AbortSignal.any([signal, limit]);
  try {
    return await ask({
      source,
      method: 'read',
      signal: limited,
      run: async () => source.read?.({ recordId, signal: limited }),
    });
  } catch (error) {
    throw limit.aborted && error === limit.reason
      ? new SourceError(
          `Source "${source.name}": read() gave nothing within ${READ_TIME_LIMIT_MS} ms; check what it waits for`,
          { code: 'timeout' },
        )
      : error;
  }
}

/** Tells what the source throws from what its consumer throws. */
async function* readBatches(
  source: CustomRecordSource,
  signal: AbortSignal,
): AsyncGenerator<JsonObject[]> {
  const asked = { source, method: 'list', signal } as const;
  const batches = await ask({
    ...asked,
    run: async () => {
      const list = source.list({ signal });
      return Symbol.asyncIterator in list
        ? list[Symbol.asyncIterator]()
        : list[Symbol.iterator]();
    },
  });
  try {
    for (;;) {
      const next = await ask({ ...asked, run: async () => batches.next() });
      if (next.done) {
        return;
      }
      yield checkedBatch(source, next.value);
    }
  } finally {
    await close(batches, signal);
  }
}

/** Lets it tidy up. One that still waits would never be done with that. */
async function close(
  batches: AsyncIterator<unknown> | Iterator<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const closing = Promise.resolve().then(() => batches.return?.());
  // What ended the list is what matters.
  await abortable(closing, signal).catch(() => undefined);
}

function checkedBatch(
  source: CustomRecordSource,
  batch: unknown,
): JsonObject[] {
  if (!Array.isArray(batch)) {
    throw new SourceError(
      `Source "${source.name}": list() gave a batch that is no array; have it yield arrays of records`,
      { code: 'shape' },
    );
  }
  return batch;
}

async function ask<T>(options: {
  source: CustomRecordSource;
  method: 'list' | 'read' | 'revision';
  signal: AbortSignal;
  run: () => Promise<T>;
}): Promise<T> {
  const { source, method, signal, run } = options;
  signal.throwIfAborted();
  try {
    return await abortable(run(), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SourceError
      ? error
      : new SourceError(`Source "${source.name}": ${method}() failed`, {
          code: 'network',
          cause: error,
        });
  }
}

/** Without the cause, which may quote the record. */
function serialise(
  source: CustomRecordSource,
  method: 'list' | 'read',
  record: JsonObject,
): string {
  try {
    return JSON.stringify(record) ?? 'null';
  } catch {
    throw new SourceError(
      `Source "${source.name}": ${method}() gave a record that is no JSON, such as one that holds a BigInt or itself; have it give plain data`,
      { code: 'shape' },
    );
  }
}

function toListed(text: string): ListedRecord {
  return {
    bytesHash: createHash('sha256').update(text).digest('base64url'),
    parse: () => JSON.parse(text),
  };
}
