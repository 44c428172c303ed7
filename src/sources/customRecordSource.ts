import { createHash } from 'node:crypto';
import type { JsonObject } from '@backstage/types';
import { InputError } from '@backstage/errors';
import { SourceError } from '../model/errors';
import type { CustomRecordSource } from '../model/extension';
import type { ListedRecord, RecordSource } from '../model/source';

/** A `RecordSource` of what a module added in code. */
export function createCustomRecordSource(
  source: CustomRecordSource,
): RecordSource {
  return {
    async list({ validators, signal, sink }) {
      const revision = await ask(source, 'revision', async () =>
        source.revision?.({ signal }),
      );
      if (revision !== undefined && revision === validators?.etag) {
        return { type: 'not-modified' };
      }
      sink.startPage();
      const batches = readBatches(source, signal);
      for await (const batch of batches) {
        await sink.records(batch.map(toListed));
      }
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
      const record = await ask(source, 'read', () =>
        source.read!({ recordId, signal }),
      );
      return record ? { type: 'record', record } : { type: 'not-found' };
    },
  };
}

/** Tells what the source throws from what its consumer throws. */
async function* readBatches(
  source: CustomRecordSource,
  signal: AbortSignal,
): AsyncGenerator<JsonObject[]> {
  const batches = await ask(source, 'list', async () => {
    const list = source.list({ signal });
    return Symbol.asyncIterator in list
      ? list[Symbol.asyncIterator]()
      : list[Symbol.iterator]();
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await ask(source, 'list', async () => batches.next());
      if (next.done) {
        return;
      }
      yield next.value;
    }
  } finally {
    await batches.return?.();
  }
}

async function ask<T>(
  source: CustomRecordSource,
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof SourceError
      ? error
      : new SourceError(`Source "${source.name}": ${what}() failed`, {
          code: 'network',
          cause: error,
        });
  }
}

function toListed(record: JsonObject): ListedRecord {
  const text = JSON.stringify(record) ?? 'null';
  return {
    bytesHash: createHash('sha256').update(text).digest('base64url'),
    parse: () => JSON.parse(text),
  };
}
