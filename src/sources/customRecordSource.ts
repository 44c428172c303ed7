import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { createHash } from 'node:crypto';
import { abortable } from '../lib/abort';
import { SourceError } from '../lib/errors';
import { PageWriter } from './PageWriter';
import type { ListedRecord, RecordSource } from './RecordSource';

/**
 * A source of records that is not HTTP, such as a database, a queue or a file.
 *
 * @public
 */
export interface CustomRecordSource {
  /** The name of a source in the configuration that has `type: custom`. */
  name: string;
  /**
   * All records, in batches. Must throw if they cannot be read: a list that ends
   * is taken as complete, and records that it lacks are removed.
   */
  list(options: {
    signal: AbortSignal;
  }): AsyncIterable<JsonObject[]> | Iterable<JsonObject[]>;
  /** A single record, or undefined if there is none by that id. Without it, single records cannot be read. */
  read?(options: {
    recordId: string;
    signal: AbortSignal;
  }): Promise<JsonObject | undefined>;
  /** Identifies the present state of the list. While it stays the same, the list is not read. */
  revision?(options: { signal: AbortSignal }): Promise<string | undefined>;
}

/** A single record holds up its caller, such as the catalog's processing. */
const READ_TIME_LIMIT_MS = 30_000;

/**
 * A `RecordSource` from a source that a module added in code. Such a source may
 * never answer, so each call to it ends with its signal.
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
      const writer = new PageWriter({ sink, signal });
      for await (const batch of readBatches(source, signal)) {
        for (const record of batch) {
          const text = serialize(source, 'list', record);
          if (writer.add(toListed(text), text.length)) {
            await writer.flush();
          }
        }
      }
      await writer.end();
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
        ? {
            type: 'record',
            // As a list would give it, so that the two are comparable.
            record: JSON.parse(serialize(source, 'read', record)),
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

/** Reads the batches. Errors of the source are wrapped, those of the consumer are not. */
async function* readBatches(
  source: CustomRecordSource,
  signal: AbortSignal,
): AsyncGenerator<JsonObject[]> {
  const call = { source, method: 'list', signal } as const;
  const batches = await ask({
    ...call,
    run: async () => {
      const list = source.list({ signal });
      return Symbol.asyncIterator in list
        ? list[Symbol.asyncIterator]()
        : list[Symbol.iterator]();
    },
  });
  try {
    for (;;) {
      const next = await ask({ ...call, run: async () => batches.next() });
      if (next.done) {
        return;
      }
      yield checkedBatch(source, next.value);
    }
  } finally {
    await close(batches, signal);
  }
}

/** Lets the source clean up. One that still waits would never end, hence the signal. */
async function close(
  batches: AsyncIterator<unknown> | Iterator<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const closing = Promise.resolve().then(() => batches.return?.());
  // The error that ended the list matters more.
  await abortable(closing, signal).catch(() => undefined);
}

function checkedBatch(
  source: CustomRecordSource,
  batch: unknown,
): JsonObject[] {
  if (!Array.isArray(batch)) {
    throw new SourceError(
      `Source "${source.name}": list() gave a batch that is not an array; have it yield arrays of records`,
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

/** Throws without the cause, which may quote the record. */
function serialize(
  source: CustomRecordSource,
  method: 'list' | 'read',
  record: JsonObject,
): string {
  try {
    return JSON.stringify(record) ?? 'null';
  } catch {
    throw new SourceError(
      `Source "${source.name}": ${method}() gave a record that is not JSON, such as one with a BigInt or a cycle; have it give plain data`,
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
