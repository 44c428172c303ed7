import { NotFoundError } from '@backstage/errors';
import { readRecord } from '../../ingestion/fetchRecord';
import {
  listOne,
  type Rehearsal,
  rehearse,
} from '../../ingestion/rehearsal/rehearse';
import type { RecordSink } from '../../sources/RecordSource';
import type { PreparedSource } from '../../wiring/prepareSources';

/** Reads the list of a source, or one record, and rehearses a run over it. */
export function rehearseSource(
  prepared: PreparedSource,
  options: {
    record?: string;
    limit: number;
    signal: AbortSignal;
    onRequest: (what: string) => void;
  },
): Promise<Rehearsal> {
  const { source, settings } = prepared;
  const { record: recordId, limit, signal, onRequest } = options;
  const readList = async (sink: RecordSink) => {
    const answer = await source.list({ signal, onRequest, sink });
    return answer.type === 'listed' ? answer.incomplete : undefined;
  };
  const readOne = async (sink: RecordSink, id: string) => {
    const answer = await readRecord({ ...prepared, recordId: id, signal });
    if (answer.type !== 'record') {
      throw new NotFoundError(
        `Source "${settings.name}" has no record "${id}"; check the id and the key "recordUrl"`,
      );
    }
    return listOne(answer.record, sink);
  };
  return rehearse({
    ...prepared,
    list: sink =>
      recordId === undefined ? readList(sink) : readOne(sink, recordId),
    limit,
    signal,
  });
}
