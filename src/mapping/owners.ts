import type { JsonObject } from '@backstage/types';
import { fullEntityRef } from '../config/entities';
import { isObject } from '../lib/values';

/**
 * Gives entities other owners, by the key `owners` of a source. An owner is
 * compared as it is written, and as the ref that it stands for.
 */
export function createOwnerMapping(
  owners: Record<string, string> = {},
): (entity: JsonObject) => JsonObject {
  const mapped = new Map(
    Object.entries(owners).flatMap(([from, to]) => [
      [from, to],
      [fullEntityRef(from, 'group') ?? from, to],
    ]),
  );
  if (mapped.size === 0) {
    return entity => entity;
  }
  return entity => {
    const { spec, metadata } = entity;
    if (!isObject(spec) || typeof spec.owner !== 'string') {
      return entity;
    }
    const namespace = isObject(metadata) ? metadata.namespace : undefined;
    const ref = fullEntityRef(
      spec.owner,
      'group',
      typeof namespace === 'string' ? namespace : undefined,
    );
    const owner = mapped.get(spec.owner) ?? mapped.get(ref ?? '');
    return owner === undefined
      ? entity
      : { ...entity, spec: { ...spec, owner } };
  };
}
