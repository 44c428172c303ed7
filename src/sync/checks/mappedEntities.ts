import type { Entity } from '@backstage/catalog-model';
import { setImmediate } from 'node:timers/promises';
import { inChunks } from '../../model/inChunks';
import type { ObservedRecord } from '../planTypes';

/** What one part of each entity says that a run has mapped anew. */
export interface MappedEntity<T> {
  recordId: string;
  entityRef: string;
  part: T;
}

/** Reads a part of each entity that a run has mapped anew; breathes in between. */
export async function mappedEntities<T>(
  observed: ObservedRecord[],
  read: (entity: Entity) => T,
): Promise<Array<MappedEntity<T>>> {
  const found: Array<MappedEntity<T>> = [];
  for (const chunk of inChunks(observed)) {
    for (const { recordId, outcome } of chunk) {
      if (outcome.type === 'mapped') {
        for (const { entityRef, entity, value } of outcome.contributions) {
          const part = read(value ?? JSON.parse(entity));
          found.push({ recordId, entityRef, part });
        }
      }
    }
    await setImmediate();
  }
  return found;
}
