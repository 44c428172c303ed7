import type { SourceSettings } from '../model/settings';
import { canonicalJson, hashOf } from './canonical';

/**
 * Raised with each change of the module that gives other entities for the same
 * records and configuration.
 */
const MAPPING_VERSION = 1;

/**
 * Stands for everything that shapes a source's entities. What was learnt under
 * another fingerprint (a validator, a hash of a record) says nothing any more.
 */
export function fingerprintOf(settings: SourceSettings): string {
  const { url, recordUrl, records, id, entity, kinds, namespaces } = settings;
  const { method, body, query, pagination } = settings;
  return hashOf(
    canonicalJson({
      version: MAPPING_VERSION,
      url,
      recordUrl,
      records,
      id,
      entity,
      kinds,
      namespaces,
      // Left out where they are at their default: that is what they were before they could be set.
      method: method === 'GET' ? undefined : method,
      body,
      query,
      pagination: pagination.type === 'none' ? undefined : pagination,
    }),
  );
}
