import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { abortable } from '../lib/abort';
import { SourceError, type SourceErrorCode } from '../lib/errors';
import { PageWriter } from './PageWriter';
import type {
  ListAnswer,
  ListOptions,
  ReadOptions,
  RecordAnswer,
  RecordSource,
} from './RecordSource';

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

/**
 * Reads a source that a module added in code. Such a source may never answer, so
 * each call to it ends with its signal.
 */
export class CustomSourceReader implements RecordSource {
  readonly #source: CustomRecordSource;

  constructor(source: CustomRecordSource) {
    this.#source = source;
  }

  get isListOnly(): boolean {
    return this.#source.read === undefined;
  }

  async list({ validators, signal, sink }: ListOptions): Promise<ListAnswer> {
    const revision = await this.#call('revision', signal, async () =>
      this.#source.revision?.({ signal }),
    );
    if (revision !== undefined && revision === validators?.etag) {
      return { type: 'not-modified' };
    }
    const writer = new PageWriter(sink, signal);
    for await (const batch of this.#batches(signal)) {
      for (const record of batch) {
        const json = this.#serialize('list', record);
        await writer.add(json, () => JSON.parse(json));
      }
    }
    await writer.end();
    return {
      type: 'listed',
      validators: revision === undefined ? undefined : { etag: revision },
    };
  }

  async read({ recordId, signal }: ReadOptions): Promise<RecordAnswer> {
    const source = this.#source;
    if (!source.read) {
      throw new InputError(
        `Source "${source.name}" cannot read single records: it has no read()`,
      );
    }
    const record = await this.#call('read', signal, async () =>
      source.read?.({ recordId, signal }),
    );
    return record
      ? {
          type: 'record',
          // As a list would give it, so that the two are comparable.
          record: JSON.parse(this.#serialize('read', record)),
        }
      : { type: 'not-found' };
  }

  /** Reads the batches. Errors of the source are wrapped, those of the consumer are not. */
  async *#batches(signal: AbortSignal): AsyncGenerator<JsonObject[]> {
    const batches = await this.#call('list', signal, async () => {
      const list = this.#source.list({ signal });
      return Symbol.asyncIterator in list
        ? list[Symbol.asyncIterator]()
        : list[Symbol.iterator]();
    });
    try {
      for (;;) {
        const next = await this.#call('list', signal, async () =>
          batches.next(),
        );
        if (next.done) {
          return;
        }
        if (!Array.isArray(next.value)) {
          throw this.#error(
            'shape',
            'list() gave a batch that is not an array; have it yield arrays of records',
          );
        }
        yield next.value;
      }
    } finally {
      await close(batches, signal);
    }
  }

  async #call<T>(
    method: 'list' | 'read' | 'revision',
    signal: AbortSignal,
    run: () => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await abortable(run(), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof SourceError
        ? error
        : this.#error('network', `${method}() failed`, error);
    }
  }

  /** Throws without the cause, which may quote the record. */
  #serialize(method: 'list' | 'read', record: JsonObject): string {
    try {
      return JSON.stringify(record) ?? 'null';
    } catch {
      throw this.#error(
        'shape',
        `${method}() gave a record that is not JSON, such as one with a BigInt or a cycle; have it give plain data`,
      );
    }
  }

  #error(code: SourceErrorCode, fault: string, cause?: unknown): SourceError {
    const message = `Source "${this.#source.name}": ${fault}`;
    return new SourceError(message, { code, cause });
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
