import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import type { RecordTransformer } from './mapping/createTransformerMapper';
import type { CustomRecordSource } from './sources/customRecordSource';

/**
 * What other modules of the catalog add to this one.
 *
 * @public
 */
export interface CustomDataExtensionPoint {
  /** Adds mappings in code. Throws a `ConflictError` for a name that is taken. */
  addTransformer(...transformers: RecordTransformer[]): void;
  /** Adds sources that are not read over HTTP. Throws a `ConflictError` for a name that is taken. */
  addSource(...sources: CustomRecordSource[]): void;
}

/**
 * Lets other modules of the catalog map records in code and read them from
 * elsewhere.
 *
 * @public
 */
export const customDataExtensionPoint =
  createExtensionPoint<CustomDataExtensionPoint>({ id: 'catalog.custom-data' });

/** What was added. */
export interface Extensions {
  transformers: Map<string, RecordTransformer>;
  sources: Map<string, CustomRecordSource>;
}

/** The extension point, and where what it is given goes. */
export function createExtensions(): {
  extensions: Extensions;
  point: CustomDataExtensionPoint;
} {
  const transformers = new Map<string, RecordTransformer>();
  const sources = new Map<string, CustomRecordSource>();
  return {
    extensions: { transformers, sources },
    point: {
      addTransformer: (...added) => addAll('transformer', transformers, added),
      addSource: (...added) => addAll('source', sources, added),
    },
  };
}

function addAll<T extends { name: string }>(
  what: string,
  known: Map<string, T>,
  added: T[],
): void {
  for (const item of added) {
    if (known.has(item.name)) {
      throw new ConflictError(
        `customDataExtensionPoint: there are two ${what}s of the name "${item.name}"`,
      );
    }
    known.set(item.name, item);
  }
}
