import { abortable } from '../../lib/abort';
import type { FieldExplanation } from '../../mapping/RecordMapper';
import type { EntityLineage, LineageHashes } from '../database/lineage';
import type { ProblemReport } from '../database/reports';
import { compareRecord } from './compareRecord';
import { explainFields } from './explainFields';
import type { ExplainOptions } from './explainOptions';
import { readRecord } from './readRecord';

/** How the fields of an entity came about. */
export interface EntityExplanation extends EntityLineage {
  entityRef: string;
  /** The record now, compared with the one that gave the entity. */
  record: {
    state: 'current' | 'changed' | 'unavailable';
    reason?: string;
  };
  /** Undefined where the source is not configured. */
  mapping?: { type: 'template' } | { type: 'transformer'; name: string };
  /** Empty for a mapping in code; without values where the record is unavailable. */
  fields: FieldExplanation[];
  problems: ProblemReport[];
}

export interface EntityExplainer {
  /** Undefined for a ref that no source gives. Fetches the record, within the source's bounds. */
  explain(entityRef: string): Promise<EntityExplanation | undefined>;
}

const TIME_LIMIT_MS = 60_000;

/** Says of an entity where it comes from, and how each of its fields came about. */
export function createEntityExplainer(
  options: ExplainOptions,
): EntityExplainer {
  return {
    explain: async entityRef => {
      const lineage = await findLineage(options, entityRef);
      if (!lineage) {
        return undefined;
      }
      const { rawHash, entity, ...shown } = lineage;
      const { source, recordId } = lineage;
      return {
        entityRef,
        ...shown,
        ...(await explainInTime(options, entityRef, lineage)),
        problems: await options.lineages.problemsOf({
          source,
          recordId,
          entityRef,
        }),
      };
    },
  };
}

/** Of several records, the one that the catalog has the entity from. */
async function findLineage(
  { lineages, registry }: ExplainOptions,
  entityRef: string,
): Promise<(EntityLineage & LineageHashes) | undefined> {
  const known = await lineages.lineagesOf(entityRef);
  if (known.length < 2) {
    return known[0];
  }
  const holder = (await registry.locationKeys([entityRef])).get(entityRef);
  return known.find(({ locationKey }) => locationKey === holder) ?? known[0];
}

/** A mapping in code may never end. */
async function explainInTime(
  options: ExplainOptions,
  entityRef: string,
  lineage: EntityLineage & LineageHashes,
): Promise<Pick<EntityExplanation, 'record' | 'mapping' | 'fields'>> {
  const signal = AbortSignal.any([
    options.shutdown,
    AbortSignal.timeout(TIME_LIMIT_MS),
  ]);
  try {
    return await abortable(explainRecord(options, entityRef, lineage), signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
    const reason = 'There was no time to fetch and map the record';
    return { record: { state: 'unavailable', reason }, fields: [] };
  }
}

async function explainRecord(
  options: ExplainOptions,
  entityRef: string,
  lineage: EntityLineage & LineageHashes,
): Promise<Pick<EntityExplanation, 'record' | 'mapping' | 'fields'>> {
  const { source, recordId } = lineage;
  const part = options.sources.get(source);
  if (!part) {
    const reason = `Source "${source}" is not configured, or is misconfigured`;
    return { record: { state: 'unavailable', reason }, fields: [] };
  }
  const now = await readRecord(options, part, lineage);
  const record = now.type === 'read' ? now.record : undefined;
  const { transformer } = part.settings;
  return {
    record:
      now.type === 'read'
        ? await compareRecord({
            parts: part,
            record: now.record,
            entityRef,
            lineage,
          })
        : { state: 'unavailable', reason: now.reason },
    mapping: transformer
      ? { type: 'transformer', name: transformer }
      : { type: 'template' },
    fields: await explainFields({ part, record, recordId, entityRef }),
  };
}
