import { createRecord } from '../api/registry';
import { deferred, entityOf } from './entityOf';
import { createProviderModule } from './providerModule';
import type { SubjectFactory } from './subject';

/**
 * Only what no provider gets round in a first ingestion: reads the body, parses
 * it, and applies entities that were made before. What another needs beyond
 * this is its own share.
 */
export const createBare: SubjectFactory = ({ url, records }) => {
  const { feature, connection } = createProviderModule('bench-bare');
  const entities = Array.from({ length: records }, (_, index) =>
    deferred(entityOf(createRecord(index, 1))),
  );
  return {
    features: [feature],
    async run() {
      const response = await fetch(url);
      JSON.parse(await response.text());
      await (await connection).applyMutation({ type: 'full', entities });
    },
  };
};
