import { stringifyEntityRef } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import type { EntityLineage, LineageHashes } from '../database/lineage';
import { mapRecord, toContribution } from '../mapRecord';
import type { RecordParts } from '../observeRecord';
import type { EntityExplanation } from './createEntityExplainer';

/**
 * Whether a record gives an entity as it stands: surely where it is as it was
 * when it was observed last and gave it, else by what it gives now.
 */
export async function compareRecord(options: {
  parts: RecordParts;
  record: JsonObject;
  entityRef: string;
  lineage: EntityLineage & LineageHashes;
}): Promise<EntityExplanation['record']> {
  const { parts, record, entityRef, lineage } = options;
  const { source, recordId, via, rawHash, recordState, entity } = lineage;
  if (recordState === 'seen' && hashOf(canonicalJson(record)) === rawHash) {
    return { state: 'current' };
  }
  const outcome = await mapRecord({ ...parts, record, recordId });
  if (outcome.type === 'invalid') {
    const [problem] = outcome.problems;
    const reason = `The record gives no valid entity now: ${problem?.message}`;
    return { state: 'changed', reason };
  }
  const given = outcome.entities.find(
    candidate => stringifyEntityRef(candidate) === entityRef,
  );
  if (!given) {
    const reason = 'The record does not give this entity now';
    return { state: 'changed', reason };
  }
  const text =
    via === 'poll'
      ? toContribution({ source, recordId, entity: given }).entity
      : canonicalJson(given);
  return { state: text === entity ? 'current' : 'changed' };
}
