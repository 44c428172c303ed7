import type { JsonObject, JsonValue } from '@backstage/types';
import { isObject } from '../../lib/values';
import type { FieldExplanation } from '../../mapping/RecordMapper';
import type { ListedRecord, RecordSink } from '../../sources/RecordSource';
import { mapRecord, type RecordParts } from '../mapRecord';

export interface RehearsedRecord {
  recordId: string;
  record: JsonObject;
  /** If they are not valid, what the mapping gave; none where it failed. */
  entities: JsonObject[];
  /** For each template. A mapping in code has none. */
  fields: FieldExplanation[][];
}

/** Most of a list may be left out by `when`. */
const MAX_LOOKED_AT = 1000;

/** Keeps the first records of a list on their way to where they are mapped. */
export class FirstRecords {
  /** As they came, whether or not they can be used. */
  readonly records: JsonValue[] = [];

  through(sink: RecordSink): RecordSink {
    let page: JsonValue[] = [];
    return {
      startPage: () => {
        page = [];
        sink.startPage();
      },
      records: async (batch: ListedRecord[]) => {
        const room = MAX_LOOKED_AT - this.records.length - page.length;
        page.push(...batch.slice(0, room).map(record => record.parse()));
        await sink.records(batch);
      },
      endPage: () => {
        this.records.push(...page);
        sink.endPage();
      },
    };
  }

  /** The first that give entities, or of which something is wrong. */
  async show(parts: RecordParts, limit: number): Promise<RehearsedRecord[]> {
    const shown: RehearsedRecord[] = [];
    for (const record of this.records) {
      if (shown.length === limit) {
        break;
      }
      const one = await showUnlessEmpty(parts, record);
      if (one) {
        shown.push(one);
      }
    }
    return shown;
  }
}

/** Undefined for one that cannot be identified, or that gives nothing. */
async function showUnlessEmpty(
  parts: RecordParts,
  record: JsonValue,
): Promise<RehearsedRecord | undefined> {
  const { mapper } = parts;
  const recordId = await mapper.recordId(record);
  if (recordId === undefined || !isObject(record)) {
    return undefined;
  }
  const outcome = await mapRecord({ ...parts, record, recordId });
  const isValid = outcome.type === 'valid';
  if (isValid && outcome.entities.length === 0) {
    return undefined;
  }
  const mapped = isValid ? undefined : await mapper.map(record, recordId);
  const given = mapped?.type === 'mapped' ? mapped.entities : [];
  return {
    recordId,
    record,
    entities: isValid ? outcome.entities : given,
    fields: (await mapper.explain?.(record)) ?? [],
  };
}
