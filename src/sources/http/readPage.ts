import type { JsonValue } from '@backstage/types';
import { setImmediate } from 'node:timers/promises';
import type { SourceError } from '../../lib/errors';
import { parseAnswer, parseJson, readJson } from '../json/parseJson';
import { RecordCutter } from '../json/RecordCutter';
import { PageWriter } from '../PageWriter';
import type { RecordSink } from '../RecordSource';
import { excerptOf, readMessages } from './excerpt';
import type { AnswerBody } from './fetchAnswer';
import { requestError } from './requestTarget';

/** Finds the list inside an answer. Throws a `SourceError` of code `shape` if there is none. */
export type SelectRecords = (answer: JsonValue) => Promise<JsonValue[]>;

/** A page whose records were passed to the sink. */
export interface PageContent {
  /** The answer. If records were cut out of it, with `0` for each of them. */
  answer: JsonValue;
  /** Records of the page. */
  count: number;
  /** Equal for pages with the same records. */
  digest: string;
}

export interface ReadPageOptions {
  /**
   * The names that lead to the list inside an answer; none if the answer is the
   * list. With them, records are read while the answer comes in, and
   * `selectRecords` gets an answer with `0` for each record. Default: answers
   * are read as a whole.
   */
  listPath?: readonly string[];
  /** Whether an answer is read as a whole nevertheless, because something else reads its records. */
  readsWhole?: boolean;
  selectRecords: SelectRecords;
  sink: RecordSink;
}

/**
 * Passes a page's records to the sink. If it is known where the list is, this
 * happens while the page comes in, so that the page is never in memory as a whole.
 */
export async function readPage(
  { listPath, readsWhole, selectRecords, sink }: ReadPageOptions,
  body: AnswerBody,
): Promise<PageContent> {
  const writer = new PageWriter(sink, body.signal);
  const cutter =
    listPath && !readsWhole
      ? new RecordCutter({ ...body, listPath })
      : undefined;
  const answer = cutter
    ? await writeCutRecords(body, cutter, writer)
    : await readJson(body);
  const selected = await selectRecords(answer).catch(error => {
    throw errorsOf(answer, body) ?? error;
  });
  if (!cutter?.found) {
    for (const record of selected) {
      await writer.add(JSON.stringify(record), () => record);
    }
  } else if (
    selected.length !== cutter.count ||
    // Another list than the one that was cut, such as one of the same name.
    selected.some(record => record !== 0)
  ) {
    throw requestError(
      body.target,
      `answered with ${cutter.count} records, and "records" finds others; ` +
        `write it without filters, and see that the list's name is there once`,
      { code: 'shape' },
    );
  }
  return { answer, ...(await writer.end()) };
}

/** The error of an answer that has `errors` in place of the list, as those of GraphQL do. */
function errorsOf(
  answer: JsonValue,
  { target }: AnswerBody,
): SourceError | undefined {
  const messages = readMessages(answer, target);
  return messages === undefined
    ? undefined
    : requestError(
        target,
        'answered with "errors" and without a list of records; check what the source asks for',
        { code: 'shape', said: excerptOf(messages) },
      );
}

/** Gives the answer without the records. If there is no list at its path, nothing is cut. */
async function writeCutRecords(
  { target, maxDepth, chunks }: AnswerBody,
  cutter: RecordCutter,
  writer: PageWriter,
): Promise<JsonValue> {
  for await (const chunk of chunks) {
    for (const bytes of cutter.cut(chunk)) {
      const { count } = cutter;
      await writer.add(bytes, () =>
        parseJson(target, bytes, ` in record ${count}`),
      );
    }
    await setImmediate();
  }
  const { found, count } = cutter;
  const where = found ? ` outside its records (${count} found)` : '';
  return parseAnswer({ target, bytes: cutter.skeleton(), maxDepth, where });
}
