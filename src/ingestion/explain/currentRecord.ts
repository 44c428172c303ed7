import { stringifyEntityRef } from '@backstage/catalog-model';
import { stringifyError, toError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import type { RecordAnswer } from '../../sources/RecordSource';
import { readSourceState } from '../database/runs';
import { fetchRecord, refusalOf } from '../fetchRecord';
import { mapRecord, toContribution } from '../mapRecord';
import type { ExplainableSource, ExplainContext } from './explainEntity';
import type { StoredLineage } from './readLineage';

/** A record now, compared with the one that gave the entity. */
export interface RecordComparison {
  state: 'current' | 'changed' | 'unavailable';
  reason?: string;
}

interface ReadOptions {
  part: ExplainableSource;
  entityRef: string;
  lineage: StoredLineage;
}

/** Fetches the record of an entity, unless the source is paused or backs off. */
export async function readCurrentRecord(
  context: ExplainContext,
  options: ReadOptions,
): Promise<{ record?: JsonObject; comparison: RecordComparison }> {
  const { shutdown } = context;
  const { part, lineage } = options;
  const { recordId } = lineage;
  const unavailable = (reason: string) => ({
    comparison: { state: 'unavailable' as const, reason },
  });
  const reason = await refusalReason(context, options);
  if (reason) {
    return unavailable(`The source ${reason}`);
  }
  let answer: RecordAnswer;
  try {
    answer = await fetchRecord({
      ...context,
      ...part,
      recordId,
      signal: shutdown,
    });
  } catch (error) {
    return unavailable(stringifyError(toError(error)));
  }
  if (answer.type !== 'record') {
    return unavailable(`The source has no record "${recordId}" now`);
  }
  const { record } = answer;
  return { record, comparison: await compareRecord(record, options) };
}

async function refusalReason(
  { knex, now }: ExplainContext,
  { part, lineage }: ReadOptions,
): Promise<string | undefined> {
  const { settings } = part;
  const state = await readSourceState({ knex, source: settings.name });
  const refusal = refusalOf({ settings, state, now: now() });
  const { retryAt } = lineage;
  const isBackingOff = retryAt && retryAt > now();
  return isBackingOff && !refusal
    ? `backs off until ${retryAt.toISOString()}`
    : refusal?.reason;
}

/**
 * A record that has not changed since it was last observed gives the entity as
 * it is. Any other record is mapped, and what it gives is compared.
 */
async function compareRecord(
  record: JsonObject,
  { part, entityRef, lineage }: ReadOptions,
): Promise<RecordComparison> {
  const { source, recordId, via, rawHash, recordState, entity } = lineage;
  if (recordState === 'seen' && hashOf(canonicalJson(record)) === rawHash) {
    return { state: 'current' };
  }
  const outcome = await mapRecord({ ...part, record, recordId });
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
