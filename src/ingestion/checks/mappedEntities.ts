import { setImmediate } from 'node:timers/promises';
import { inChunks } from '../../lib/inChunks';
import type { RelationEdge } from '../../lib/problem';
import { relationEdges } from '../../validation/relations/relationEdges';
import type { ObservedRecord } from '../planTypes';

/** An entity that a run has mapped anew. */
export interface MappedEntity {
  recordId: string;
  entityRef: string;
  edges: RelationEdge[];
}

/** The entities that a run has mapped anew, with their relations; breathes in between. */
export async function mappedEntities(
  observed: ObservedRecord[],
): Promise<MappedEntity[]> {
  const found: MappedEntity[] = [];
  for (const chunk of inChunks(observed)) {
    for (const { recordId, outcome } of chunk) {
      if (outcome.type === 'mapped') {
        for (const { entityRef, entity, edges } of outcome.contributions) {
          found.push({
            recordId,
            entityRef,
            edges: edges ?? relationEdges(JSON.parse(entity)),
          });
        }
      }
    }
    await setImmediate();
  }
  return found;
}
