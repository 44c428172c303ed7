import type { JsonObject } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import { canonicalJson, hashOf } from '../lib/canonicalJson';

/**
 * Raised with each change of the module that gives other entities for the same
 * records and configuration.
 */
const MAPPING_VERSION = 3;

/** What shapes entities beyond the settings themselves. */
export interface Shape {
  /** The JSON Schema, wherever it was read from. */
  schema?: JsonObject;
  /** Those that the catalog has beyond its own. */
  placeholders?: string[];
  /** Name and version of the mapping in code. */
  transformer?: string;
}

/**
 * Stands for everything that shapes a source's entities. What was learnt under
 * another fingerprint (a validator, a hash of a record) says nothing any more.
 */
export function fingerprintOf(
  settings: SourceSettings,
  shape: Shape = {},
): string {
  const { url, recordUrl, method, body, query, pagination } = settings;
  const { records, id, when, entity, tables, owners } = settings;
  const { kinds, namespaces, requiredAnnotations, cycles } = settings;
  const { maxEntityBytes } = settings;
  return hashOf(
    canonicalJson({
      version: MAPPING_VERSION,
      request: { url, recordUrl, method, body, query, pagination },
      mapping: { records, id, when, entity, tables, owners },
      rules: {
        kinds,
        namespaces,
        requiredAnnotations,
        cycles,
        maxEntityBytes,
      },
      ...shape,
    }),
  );
}
