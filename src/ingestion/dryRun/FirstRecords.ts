import type { JsonValue } from '@backstage/types';
import { isObject } from '../../lib/values';
import type { ListedRecord, RecordSink } from '../../sources/RecordSource';
import { mapRecord, type RecordParts } from '../mapRecord';
import { type RehearsedRecord, showRecord } from '../rehearsal/rehearse';

/** Most of a list may be left out by `when`. */
const MAX_LOOKED_AT = 1000;

/** Keeps the first records of a list on their way to where they are mapped. */
export class FirstRecords {
  readonly #records: JsonValue[] = [];

  through(sink: RecordSink): RecordSink {
    let page: JsonValue[] = [];
    return {
      startPage: () => {
        page = [];
        sink.startPage();
      },
      records: async (batch: ListedRecord[]) => {
        const room = MAX_LOOKED_AT - this.#records.length - page.length;
        page.push(...batch.slice(0, room).map(record => record.parse()));
        await sink.records(batch);
      },
      endPage: () => {
        this.#records.push(...page);
        sink.endPage();
      },
    };
  }

  /** The first that give entities, or of which something is wrong. */
  async show(parts: RecordParts, limit: number): Promise<RehearsedRecord[]> {
    const shown: RehearsedRecord[] = [];
    for (const record of this.#records) {
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

async function showUnlessEmpty(
  parts: RecordParts,
  record: JsonValue,
): Promise<RehearsedRecord | undefined> {
  const recordId = await parts.mapper.recordId(record);
  if (recordId === undefined || !isObject(record)) {
    return undefined;
  }
  const outcome = await mapRecord({ ...parts, record, recordId });
  if (outcome.type === 'valid' && outcome.entities.length === 0) {
    return undefined;
  }
  return showRecord(parts, record, recordId);
}
