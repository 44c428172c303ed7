import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { LOCATION_TYPE } from '../model/keys';
import type { EntityValidator, RecordMapper } from '../model/mapping';
import type { Problem } from '../model/problem';
import type { Contribution } from '../model/sync';
import { canonicalJson, hashOf } from './canonical';

export type EntitiesOutcome =
  | { type: 'valid'; entities: Entity[] }
  | { type: 'invalid'; problems: Problem[] };

/** Maps and validates one record: all of its entities, or why there are none. */
export async function mapRecord(options: {
  record: JsonObject;
  recordId: string;
  mapper: RecordMapper;
  validator: EntityValidator;
}): Promise<EntitiesOutcome> {
  const { record, recordId, mapper, validator } = options;
  const mapped = await mapper.map(record, recordId);
  if (mapped.type === 'failed') {
    return { type: 'invalid', problems: mapped.problems };
  }
  const entities: Entity[] = [];
  const problems: Problem[] = [];
  for (const candidate of mapped.entities) {
    const outcome = await validator.validate(candidate, recordId);
    if (outcome.type === 'valid') {
      entities.push(outcome.entity);
    } else {
      problems.push(...outcome.problems);
    }
  }
  return problems.length
    ? { type: 'invalid', problems }
    : { type: 'valid', entities };
}

/** An entity as the provider of its source gives it to the catalog. */
export function toContribution(options: {
  source: string;
  recordId: string;
  entity: Entity;
}): Contribution {
  const { source, recordId, entity } = options;
  // Without these two the catalog takes an entity and never shows it.
  const location = `${LOCATION_TYPE}:${source}/${recordId}`;
  const text = canonicalJson({
    ...entity,
    metadata: {
      ...entity.metadata,
      annotations: {
        ...entity.metadata.annotations,
        [ANNOTATION_LOCATION]: location,
        [ANNOTATION_ORIGIN_LOCATION]: location,
      },
    },
  });
  return {
    recordId,
    entityRef: stringifyEntityRef(entity),
    entity: text,
    hash: hashOf(text),
  };
}
