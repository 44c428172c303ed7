import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { DIALECT_SIGNATURES } from './config/signatures';
import type { RecordTransformer } from './mapping/createTransformerMapper';
import type { CustomRecordSource } from './sources/customRecordSource';
import type { WebhookDialect } from './webhooks/dialects/customDialect';

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
  /** Adds formats of webhooks. Throws a `ConflictError` if a name is taken. */
  addDialect(...dialects: WebhookDialect[]): void;
}

/**
 * The extension point of this module.
 *
 * @public
 */
export const customDataExtensionPoint =
  createExtensionPoint<CustomDataExtensionPoint>({ id: 'catalog.custom-data' });

/** What other modules have added for sources, by name. */
export interface SourceExtensions {
  transformers: Map<string, RecordTransformer>;
  sources: Map<string, CustomRecordSource>;
}

/** What other modules have added, by name. */
export interface Extensions extends SourceExtensions {
  dialects: Map<string, WebhookDialect>;
}

/** Creates the extension point and the maps that it fills. */
export function createExtensions(): {
  extensions: Extensions;
  point: CustomDataExtensionPoint;
} {
  const transformers = new Map<string, RecordTransformer>();
  const sources = new Map<string, CustomRecordSource>();
  const dialects = new Map<string, WebhookDialect>();
  return {
    extensions: { transformers, sources, dialects },
    point: {
      addTransformer: (...added) => addAll('transformer', transformers, added),
      addSource: (...added) => addAll('source', sources, added),
      addDialect: (...added) => {
        const builtIn = added.find(({ name }) => name in DIALECT_SIGNATURES);
        if (builtIn) {
          throw new ConflictError(
            `customDataExtensionPoint: the dialect "${builtIn.name}" is built in; give yours another name`,
          );
        }
        addAll('dialect', dialects, added);
      },
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
