import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import type { RecordTransformer } from './mapping/createTransformerMapper';
import type { CustomRecordSource } from './sources/customRecordSource';

/**
 * Lets other modules of the catalog add sources and mappings to this one.
 *
 * @public
 */
export interface CustomDataExtensionPoint {
  /** Adds mappings in code. Throws a `ConflictError` if a name is taken. */
  addTransformer(...transformers: RecordTransformer[]): void;
  /** Adds sources that are not read over HTTP. Throws a `ConflictError` if a name is taken. */
  addSource(...sources: CustomRecordSource[]): void;
}

/**
 * The extension point of this module.
 *
 * @public
 */
export const customDataExtensionPoint =
  createExtensionPoint<CustomDataExtensionPoint>({ id: 'catalog.custom-data' });

/** What other modules have added, by name. */
export interface Extensions {
  transformers: Map<string, RecordTransformer>;
  sources: Map<string, CustomRecordSource>;
}

/** Creates the extension point and the maps that it fills. */
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
        `customDataExtensionPoint: there are two ${what}s of the name "${item.name}"; rename one of them`,
      );
    }
    known.set(item.name, item);
  }
}
