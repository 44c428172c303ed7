import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { canonicalJson, hashOf } from '../lib/canonicalJson';
import { LOCATION_TYPE } from '../lib/keys';
import type { Problem } from '../lib/problem';
import type { GuardedField } from '../config/guardedFields';
import type { RecordMapper } from '../mapping/RecordMapper';
import type { ValidateEntity } from '../validation/createEntityValidator';
import type { CheckRecord } from '../validation/recordSchema';
import { ownerOf, relationEdges } from '../validation/relationEdges';
import type { Contribution, KnownRecord } from './database/records';

/** What makes entities of a record. */
export interface RecordParts {
  /** Undefined for a source without a JSON Schema. */
  checkRecord?: CheckRecord;
  mapper: RecordMapper;
  validateEntity: ValidateEntity;
}

/** A record of the answer, and what it gives. */
export interface ObservedRecord {
  recordId: string;
  /** Of its bytes in a list, where it came in one. */
  bytesHash?: string;
  /** Of its canonical JSON, where that was needed. */
  rawHash?: string;
  outcome:
    | { type: 'unchanged' }
    | {
        type: 'mapped';
        contributions: Contribution[];
        /** Warnings. */
        problems?: Problem[];
      }
    | { type: 'invalid'; problems: Problem[] };
}

/**
 * What one record gives now. Where its bytes differ, its canonical JSON tells
 * whether it has changed: an API may give the members of an object in any order.
 */
export async function observeRecord(
  options: RecordParts & {
    source: string;
    record: JsonObject;
    recordId: string;
    /** Of the bytes in a list. */
    bytesHash?: string;
    known: KnownRecord | undefined;
    /** Whether what is stored was mapped under the present fingerprint. */
    reusable: boolean;
    /** Whether nothing is compared with the entities, and none is applied. */
    isRehearsal?: boolean;
  },
): Promise<ObservedRecord> {
  const { source, recordId, bytesHash, known, isRehearsal } = options;
  const rawHash = rawHashOf(options);
  if (
    options.reusable &&
    known?.rawHash === rawHash &&
    known?.state === 'seen'
  ) {
    return { recordId, bytesHash, rawHash, outcome: { type: 'unchanged' } };
  }
  const outcome = await mapRecord(options);
  // Only what changes can have lost something.
  const unfound = known && (await options.mapper.unfound?.(options.record));
  return {
    recordId,
    bytesHash,
    rawHash,
    outcome:
      outcome.type === 'invalid'
        ? outcome
        : {
            type: 'mapped',
            contributions: outcome.entities.map((entity, index) =>
              toContribution({
                source,
                recordId,
                entity,
                unfound: unfound?.[index],
                isRehearsal,
              }),
            ),
            problems: outcome.problems,
          },
  };
}

/** Undefined where the bytes alone are enough: most lists repeat a record byte by byte. */
function rawHashOf(options: {
  record: JsonObject;
  bytesHash?: string;
  known: KnownRecord | undefined;
}): string | undefined {
  const { record, bytesHash, known } = options;
  if (bytesHash !== undefined && (!known || known.bytesHash === bytesHash)) {
    return known?.rawHash;
  }
  return hashOf(canonicalJson(record));
}

type EntitiesOutcome =
  | {
      type: 'valid';
      entities: Entity[];
      /** Warnings. */
      problems: Problem[];
    }
  | { type: 'invalid'; problems: Problem[] };

/** Checks, maps and validates one record: all of its entities, or why there are none. */
export async function mapRecord(
  options: RecordParts & { record: JsonObject; recordId: string },
): Promise<EntitiesOutcome> {
  const { record, recordId, checkRecord, mapper, validateEntity } = options;
  const refused = checkRecord?.(record, recordId) ?? [];
  if (refused.length) {
    return { type: 'invalid', problems: refused };
  }
  const mapped = await mapper.map(record, recordId);
  if (mapped.type === 'failed') {
    return { type: 'invalid', problems: mapped.problems };
  }
  const entities: Entity[] = [];
  const problems: Problem[] = [];
  let isValid = true;
  for (const candidate of mapped.entities) {
    const outcome = await validateEntity(candidate, recordId);
    problems.push(...(outcome.problems ?? []));
    if (outcome.type === 'valid') {
      entities.push(outcome.entity);
    } else {
      isValid = false;
    }
  }
  problems.push(...duplicateRefs(entities, recordId));
  return isValid && !problems.some(({ severity }) => severity === 'error')
    ? { type: 'valid', entities, problems }
    : { type: 'invalid', problems };
}

function duplicateRefs(entities: Entity[], recordId: string): Problem[] {
  const refs = new Set<string>();
  return entities.flatMap((entity): Problem[] => {
    const entityRef = stringifyEntityRef(entity);
    if (!refs.has(entityRef)) {
      refs.add(entityRef);
      return [];
    }
    return [
      {
        code: 'entity-invalid',
        severity: 'error',
        recordId,
        entityRef,
        message: `Record "${recordId}" gives "${entityRef}" twice; give one of the two another kind, name or namespace`,
      },
    ];
  });
}

/** An entity as the provider of its source gives it to the catalog. */
export function toContribution(options: {
  source: string;
  recordId: string;
  entity: Entity;
  unfound?: GuardedField[];
  /** Leaves out the text and its hash, which take as long as the mapping. */
  isRehearsal?: boolean;
}): Contribution {
  const { source, recordId, entity, unfound, isRehearsal } = options;
  const text = isRehearsal
    ? ''
    : textOf(entity, `${LOCATION_TYPE}:${source}/${recordId}`);
  const entityRef = stringifyEntityRef(entity);
  return {
    recordId,
    entityRef,
    entity: text,
    hash: isRehearsal ? '' : hashOf(text),
    owner: ownerOf(entity),
    edges: relationEdges(entity, entityRef),
    unfound,
  };
}

/** An entity as it was stored, given by a record again. */
export function contributionOf(recordId: string, text: string): Contribution {
  const entity: Entity = JSON.parse(text);
  const entityRef = stringifyEntityRef(entity);
  return {
    recordId,
    entityRef,
    entity: text,
    hash: hashOf(text),
    owner: ownerOf(entity),
    edges: relationEdges(entity, entityRef),
  };
}

function textOf(entity: Entity, location: string): string {
  // Without these two the catalog takes an entity and never shows it.
  return canonicalJson({
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
}
