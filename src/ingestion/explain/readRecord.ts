import { stringifyError, toError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { SourceError } from '../../lib/errors';
import { assertRecordId } from '../../sources/http/recordUrl';
import type { EntityLineage } from '../database/lineage';
import { differentRecord } from '../runRecord';
import type { ExplainableSource, ExplainOptions } from './explainOptions';

/** Somebody waits for the answer. */
const TIME_LIMIT_MS = 30_000;

export type RecordNow =
  | { type: 'read'; record: JsonObject }
  | { type: 'unavailable'; reason: string };

/**
 * Fetches a record afresh, within the bounds of its source. One that is to be
 * left alone is not asked.
 */
export async function readRecord(
  options: ExplainOptions,
  part: ExplainableSource,
  lineage: EntityLineage,
): Promise<RecordNow> {
  const reason = await whyNotAsk(options, part, lineage);
  if (reason) {
    return { type: 'unavailable', reason };
  }
  try {
    return await fetchRecord(options, part, lineage.recordId);
  } catch (error) {
    await postpone(options, part, error);
    return { type: 'unavailable', reason: stringifyError(toError(error)) };
  }
}

async function whyNotAsk(
  { store, reads, now }: ExplainOptions,
  { settings }: ExplainableSource,
  { recordId, via }: EntityLineage,
): Promise<string | undefined> {
  const { retryAt, paused } = await store.readState(settings.name);
  if (settings.paused || paused) {
    return 'The source is paused';
  }
  const ofRecord =
    via === 'location'
      ? (await reads.get(settings.name, recordId))?.retryAt
      : undefined;
  const until = [retryAt, ofRecord].find(time => time && time > now());
  return until && `The source backs off until ${until.toISOString()}`;
}

async function fetchRecord(
  { shutdown }: ExplainOptions,
  { settings, source, mapper }: ExplainableSource,
  recordId: string,
): Promise<RecordNow> {
  if (settings.type === 'http') {
    assertRecordId(recordId);
  }
  const answer = await source.read({
    recordId,
    signal: AbortSignal.any([shutdown, AbortSignal.timeout(TIME_LIMIT_MS)]),
  });
  if (answer.type !== 'record') {
    const reason = `The source has no record "${recordId}" now`;
    return { type: 'unavailable', reason };
  }
  const actualId = await mapper.recordId(answer.record);
  if (actualId !== recordId) {
    throw differentRecord(settings.name, recordId, actualId);
  }
  return { type: 'read', record: answer.record };
}

/** An API that asks to be left alone is left alone by all. */
async function postpone(
  { store, now }: ExplainOptions,
  { settings }: ExplainableSource,
  error: unknown,
): Promise<void> {
  if (error instanceof SourceError && error.retryAfterMs) {
    const retryAt = new Date(now().getTime() + error.retryAfterMs);
    await store.postpone(settings.name, retryAt);
  }
}
