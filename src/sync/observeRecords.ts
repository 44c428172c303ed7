import type { JsonObject, JsonValue } from '@backstage/types';
import { setImmediate } from 'node:timers/promises';
import type { EntityValidator, RecordMapper } from '../model/mapping';
import type { Problem } from '../model/problem';
import type { StoredSource } from '../model/sync';
import { canonicalJson, hashOf } from './canonical';
import { mapRecord, toContribution } from './mapRecord';
import type { ObservedRecord } from './planTypes';

const RECORDS_BETWEEN_BREATHS = 100;

export interface Observation {
  observed: ObservedRecord[];
  /** Records that cannot be identified; one makes the list incomplete. */
  problems: Problem[];
}

interface ObserveOptions {
  source: string;
  mapper: RecordMapper;
  validator: EntityValidator;
  stored: StoredSource;
  /** Whether what is stored was made under the present fingerprint. */
  reusable: boolean;
  signal: AbortSignal;
}

/**
 * Identifies and maps the records of an answer. A record whose bytes are as
 * they were is not mapped again.
 */
export async function observeRecords(
  options: ObserveOptions & { records: JsonValue[] },
): Promise<Observation> {
  const observed = new Map<string, ObservedRecord>();
  const problems: Problem[] = [];
  for (const [index, record] of options.records.entries()) {
    if (index % RECORDS_BETWEEN_BREATHS === 0) {
      await setImmediate();
      options.signal.throwIfAborted();
    }
    const recordId = await options.mapper.recordId(record);
    if (recordId === undefined) {
      problems.push(unidentified(record, index));
    } else if (observed.has(recordId)) {
      observed.set(recordId, listedTwice(recordId));
    } else {
      observed.set(
        recordId,
        await observeRecord({
          ...options,
          record: record as JsonObject,
          recordId,
        }),
      );
    }
  }
  return { observed: [...observed.values()], problems };
}

/** What one record gives now. */
export async function observeRecord(
  options: ObserveOptions & { record: JsonObject; recordId: string },
): Promise<ObservedRecord> {
  const { source, record, recordId, stored } = options;
  const rawHash = hashOf(canonicalJson(record));
  const known = stored.records.get(recordId);
  if (
    options.reusable &&
    known?.rawHash === rawHash &&
    known.state !== 'invalid'
  ) {
    return { recordId, rawHash, outcome: { type: 'unchanged' } };
  }
  const outcome = await mapRecord(options);
  return {
    recordId,
    rawHash,
    outcome:
      outcome.type === 'invalid'
        ? outcome
        : {
            type: 'mapped',
            contributions: outcome.entities.map(entity =>
              toContribution({ source, recordId, entity }),
            ),
          },
  };
}

function unidentified(record: JsonValue, index: number): Problem {
  const isObject =
    typeof record === 'object' && record !== null && !Array.isArray(record);
  return {
    code: isObject ? 'record-without-id' : 'record-not-an-object',
    severity: 'error',
    message: isObject
      ? `Record ${index} of the list has no id; check the key "id" of the source`
      : `Item ${index} of the list is no object; check the key "records" of the source`,
  };
}

function listedTwice(recordId: string): ObservedRecord {
  return {
    recordId,
    rawHash: '',
    outcome: {
      type: 'invalid',
      problems: [
        {
          code: 'record-id-twice',
          severity: 'error',
          recordId,
          message:
            `Two records of the list have the id "${recordId}"; neither is ` +
            `taken. Choose an "id" that names one record`,
        },
      ],
    },
  };
}
