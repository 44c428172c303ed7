import type { Entity } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { isObject } from '../../lib/values';
import { isReservedKey } from '../../validation/allowedFaults';

/**
 * An entity without what the catalog, its processors and this module add to what
 * a source gives: relations, status, uid, etag, and the labels and annotations
 * that no source may set.
 */
export function withoutServerFields(entity: JsonObject): Entity {
  const { relations, status, metadata, ...given } = entity;
  if (!isObject(metadata)) {
    return { ...given, metadata } as unknown as Entity;
  }
  const { uid, etag, labels, annotations, ...others } = metadata;
  return {
    ...given,
    metadata: {
      ...others,
      ...withoutReserved('labels', labels),
      ...withoutReserved('annotations', annotations),
    },
  } as unknown as Entity;
}

/** Nothing where nothing is left: then the source has not given any. */
function withoutReserved(field: string, members: JsonValue | undefined) {
  if (!isObject(members)) {
    return members === undefined ? {} : { [field]: members };
  }
  const left = Object.entries(members).filter(([key]) => !isReservedKey(key));
  return left.length > 0 ? { [field]: Object.fromEntries(left) } : {};
}
