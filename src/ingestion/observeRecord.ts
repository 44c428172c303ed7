import type { JsonObject } from '@backstage/types';
import { canonicalJson, hashOf } from '../lib/canonicalJson';
import type { RecordMapper } from '../mapping/RecordMapper';
import type { ValidateEntity } from '../validation/createEntityValidator';
import type { CheckRecord } from '../validation/recordSchema';
import type { RecordMark } from './database/SyncStore';
import { mapRecord, toContribution } from './mapRecord';
import type { ObservedRecord } from './planTypes';

/** What makes entities of a record. */
export interface RecordParts {
  /** Undefined for a source without a JSON Schema. */
  checkRecord?: CheckRecord;
  mapper: RecordMapper;
  validateEntity: ValidateEntity;
}

/**
 * What one record gives now. Its canonical JSON tells whether it is as it was
 * where its bytes do not: an API may give the members of an object in any order.
 */
export async function observeRecord(
  options: RecordParts & {
    source: string;
    record: JsonObject;
    recordId: string;
    /** Of the bytes in a list. */
    bytesHash?: string;
    known: RecordMark | undefined;
    /** Whether what is stored was made under the present fingerprint. */
    reusable: boolean;
  },
): Promise<ObservedRecord> {
  const { source, recordId, bytesHash, known } = options;
  const rawHash = rawHashOf(options);
  if (
    options.reusable &&
    known?.rawHash === rawHash &&
    known?.state === 'seen'
  ) {
    return { recordId, bytesHash, rawHash, outcome: { type: 'unchanged' } };
  }
  const outcome = await mapRecord(options);
  return {
    recordId,
    bytesHash,
    rawHash,
    outcome:
      outcome.type === 'invalid'
        ? outcome
        : {
            type: 'mapped',
            contributions: outcome.entities.map(entity =>
              toContribution({ source, recordId, entity }),
            ),
            problems: outcome.problems,
          },
  };
}

/** Undefined where the bytes alone will do: most lists give a record the same ones each time. */
function rawHashOf(options: {
  record: JsonObject;
  bytesHash?: string;
  known: RecordMark | undefined;
}): string | undefined {
  const { record, bytesHash, known } = options;
  if (bytesHash !== undefined && (!known || known.bytesHash === bytesHash)) {
    return known?.rawHash;
  }
  return hashOf(canonicalJson(record));
}
