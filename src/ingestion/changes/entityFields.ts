import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import {
  type FieldDifference,
  fieldDifferences,
} from '../../lib/fieldDifferences';
import { isObject } from '../../lib/values';

/** An entity without the two annotations that every run sets anew. */
export function withoutLocation(entity: Entity): JsonObject {
  const {
    [ANNOTATION_LOCATION]: _location,
    [ANNOTATION_ORIGIN_LOCATION]: _origin,
    ...annotations
  } = entity.metadata.annotations ?? {};
  const { annotations: _annotations, ...metadata } = entity.metadata;
  return {
    ...entity,
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
  } as JsonObject;
}

/** The fields in which two entities differ, given as JSON. One that is not there has none. */
export function entityFields(
  before: string | null | undefined,
  after: string | null | undefined,
): FieldDifference[] {
  const [old, fresh] = [before, after].map(text =>
    text ? withoutLocation(JSON.parse(text)) : undefined,
  );
  return fieldDifferences(
    old ?? emptied(fresh ?? {}),
    fresh ?? emptied(old ?? {}),
  );
}

/** With its objects empty, so that what they have differs one by one. */
function emptied(entity: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(entity)
      .filter(([, value]) => isObject(value))
      .map(([key]) => [key, {}]),
  );
}
