import type { JsonValue } from '@backstage/types';
import type { ListedRecord, RecordSink } from '../RecordSource';

/** A sink that collects records and its calls in order. `onRecords` is called with each batch. */
export function collectingSink(
  onRecords: (batch: ListedRecord[]) => Promise<void> | void = () => {},
) {
  const records: JsonValue[] = [];
  const hashes: string[] = [];
  const calls: (string | number)[] = [];
  let page: { value: JsonValue; bytesHash: string }[] = [];
  const sink: RecordSink = {
    startPage() {
      calls.push('start');
      page = [];
    },
    async records(batch) {
      calls.push(batch.length);
      for (const record of batch) {
        page.push({ value: record.parse(), bytesHash: record.bytesHash });
      }
      await onRecords(batch);
    },
    endPage() {
      calls.push('end');
      records.push(...page.map(({ value }) => value));
      hashes.push(...page.map(({ bytesHash }) => bytesHash));
    },
  };
  return { sink, records, hashes, calls };
}
