import { stringifyEntityRef } from '@backstage/catalog-model';
import { stringifyError, toError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { canonicalJson, hashOf } from '../../lib/canonicalJson';
import { SourceError } from '../../lib/errors';
import { assertRecordId } from '../../sources/http/recordUrl';
import type { StoredLineage } from '../database/lineage';
import { postpone, readState } from '../database/sourceState';
import { mapRecord, toContribution } from '../mapRecord';
import { differentRecord } from '../runRecord';
import type { ExplainableSource, ExplainContext } from './explainEntity';

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

/** A person waits for the answer. */
const TIME_LIMIT_MS = 30_000;

/** Fetches the record of an entity, unless the source is paused or backs off. */
export async function readCurrentRecord(
  context: ExplainContext,
  options: ReadOptions,
): Promise<{ record?: JsonObject; comparison: RecordComparison }> {
  const unavailable = (reason: string) => ({
    comparison: { state: 'unavailable' as const, reason },
  });
  const reason = await whyNotAsk(context, options);
  if (reason) {
    return unavailable(reason);
  }
  let record: JsonObject | undefined;
  try {
    record = await fetchRecord(context, options);
  } catch (error) {
    await postponeIfAsked(context, options, error);
    return unavailable(stringifyError(toError(error)));
  }
  return record
    ? { record, comparison: await compareRecord(record, options) }
    : unavailable(`The source has no record "${options.lineage.recordId}" now`);
}

async function whyNotAsk(
  { knex, now }: ExplainContext,
  { part, lineage }: ReadOptions,
): Promise<string | undefined> {
  const { settings } = part;
  const state = await readState({ knex, source: settings.name });
  if (settings.paused || state.paused) {
    return 'The source is paused';
  }
  const until = [state.retryAt, lineage.retryAt].find(
    time => time && time > now(),
  );
  return until && `The source backs off until ${until.toISOString()}`;
}

/** Returns undefined if the source does not have the record. */
async function fetchRecord(
  { shutdown }: ExplainContext,
  { part, lineage }: ReadOptions,
): Promise<JsonObject | undefined> {
  const { settings, source, mapper } = part;
  const { recordId } = lineage;
  if (settings.type === 'http') {
    assertRecordId(recordId);
  }
  const answer = await source.read({
    recordId,
    signal: AbortSignal.any([shutdown, AbortSignal.timeout(TIME_LIMIT_MS)]),
  });
  if (answer.type !== 'record') {
    return undefined;
  }
  const actualId = await mapper.recordId(answer.record);
  if (actualId !== recordId) {
    throw differentRecord(settings.name, recordId, actualId);
  }
  return answer.record;
}

/** An API that asks to be left alone is left alone by the whole module. */
async function postponeIfAsked(
  { knex, now }: ExplainContext,
  { part }: ReadOptions,
  error: unknown,
): Promise<void> {
  if (error instanceof SourceError && error.retryAfterMs) {
    const retryAt = new Date(now().getTime() + error.retryAfterMs);
    await postpone({ knex, source: part.settings.name, retryAt });
  }
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
