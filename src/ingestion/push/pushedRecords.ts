import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { isObject } from '../../lib/values';
import type { CustomRecordSource } from '../../sources/customRecordSource';
import { readEntities, readGivenEntities } from '../database/records';

/**
 * The records of a source whose entities are pushed: what was pushed last, from
 * our own tables. What the last set lacked, and is held, is not among them. So
 * runs compare with the catalog, guard and apply as those of any source do.
 */
export function pushedRecords(of: {
  knex: Knex;
  source: string;
}): CustomRecordSource {
  return {
    name: of.source,
    async *list() {
      for await (const entities of readEntities({ ...of, listed: true })) {
        yield entities.map(({ entity }) => withoutLocations(entity));
      }
    },
    async read({ recordId }) {
      const entityRefs = [recordId];
      const found = await readGivenEntities({ ...of, entityRefs });
      const given = found.get(recordId);
      return given && withoutLocations(given.entity);
    },
    // Only a push changes it, and applies that by itself.
    revision: async () => 'pushed',
  };
}

const LOCATIONS = [ANNOTATION_LOCATION, ANNOTATION_ORIGIN_LOCATION];

/** An entity as it was given, before a provider put the annotations of its location there. */
export function withoutLocations(entity: string): JsonObject {
  const { metadata, ...others }: JsonObject = JSON.parse(entity);
  const { annotations, ...rest } = metadata as JsonObject;
  const own = Object.entries(isObject(annotations) ? annotations : {}).filter(
    ([key]) => !LOCATIONS.includes(key),
  );
  return {
    ...others,
    metadata: {
      ...rest,
      ...(own.length > 0 && { annotations: Object.fromEntries(own) }),
    },
  };
}
