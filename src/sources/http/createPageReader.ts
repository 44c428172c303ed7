import type { JsonValue } from '@backstage/types';
import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../../lib/errors';
import type { RecordSink } from '../RecordSource';
import { RecordBatch } from '../json/RecordBatch';
import { RecordCutter } from '../json/RecordCutter';
import { malformedError } from '../json/answerErrors';
import { describeSkeletonFault } from '../json/findJsonFault';
import { listBytes, listValue } from '../json/listedRecord';
import { decodeAnswer, parseAnswer, readJson } from '../json/parseAnswer';
import type { AnswerBody, ReadAnswer } from './fetchAnswer';
import { describeTarget } from './requestTarget';

/** Of a page whose records went to the sink. */
export interface PageContent {
  /** The answer; where records were cut out of it, with `0` for each of them. */
  answer: JsonValue;
  /** Records of the page. */
  count: number;
  /** Equal for pages with the same records. */
  digest: string;
}

interface PageReaderOptions {
  /** Names that lead to the list inside an answer; undefined to read answers as a whole. */
  listPath?: readonly string[];
  selectRecords: (answer: JsonValue) => Promise<JsonValue[]>;
  sink: RecordSink;
}

/**
 * Reads a page's records into the sink: where the list's place is known, as the
 * page comes in, so that neither the page nor its records are ever in memory
 * together.
 */
export function createPageReader(
  options: PageReaderOptions,
): ReadAnswer<PageContent> {
  const { listPath, selectRecords, sink } = options;
  return async body => {
    sink.startPage();
    const batch = new RecordBatch({ sink, signal: body.signal });
    const { answer, isCut } = listPath
      ? await cutRecords({ ...options, listPath, body, batch })
      : { answer: await readJson(body), isCut: false };
    if (!isCut) {
      for (const record of await selectRecords(answer)) {
        if (batch.add(listValue(record), 0)) {
          await batch.flush();
        }
      }
    }
    const page = { answer, ...(await batch.end()) };
    sink.endPage();
    return page;
  };
}

/** An answer without a list in that place is left to `selectRecords`, which says so or makes one. */
async function cutRecords(options: {
  listPath: readonly string[];
  selectRecords: PageReaderOptions['selectRecords'];
  body: AnswerBody;
  batch: RecordBatch;
}): Promise<{ answer: JsonValue; isCut: boolean }> {
  const { listPath, selectRecords, body, batch } = options;
  const { target } = body;
  const cutter = RecordCutter.create({ ...body, listPath });
  for await (const chunk of body.chunks) {
    for (const bytes of cutter.cut(chunk)) {
      const record = listBytes({ target, number: cutter.count, bytes });
      if (batch.add(record, bytes.length)) {
        await batch.flush();
      }
    }
    await setImmediate();
  }
  if (!cutter.found) {
    const answer = parseAnswer({ ...body, bytes: cutter.skeleton() });
    return { answer, isCut: false };
  }
  const answer = parseSkeleton({ target, listPath, cutter });
  const selected = await selectRecords(answer);
  if (selected.length !== cutter.count) {
    throw new SourceError(
      `${describeTarget(target)} answered with ${cutter.count} records, of ` +
        `which 'records' finds ${selected.length}; write it without filters`,
      { code: 'shape' },
    );
  }
  return { answer, isCut: true };
}

function parseSkeleton(options: {
  target: AnswerBody['target'];
  listPath: readonly string[];
  cutter: RecordCutter;
}): JsonValue {
  const { target, cutter } = options;
  const text = decodeAnswer(target, cutter.skeleton());
  try {
    return JSON.parse(text);
  } catch {
    throw malformedError(target, describeSkeletonFault({ ...options, text }));
  }
}
