import type { JsonValue } from '@backstage/types';
import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../../lib/errors';
import { parseAnswer, parseJson, readJson } from '../json/parseJson';
import { RecordCutter } from '../json/RecordCutter';
import { PageWriter } from '../PageWriter';
import type { ListedRecord, RecordSink } from '../RecordSource';
import type { AnswerBody } from './fetchAnswer';
import { describeTarget, type RequestTarget } from './requestTarget';

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
  /** Names that lead to the list inside an answer. Without them, answers are read as a whole. */
  listPath?: readonly string[];
  selectRecords: SelectRecords;
  sink: RecordSink;
}

/**
 * Passes a page's records to the sink. If it is known where the list is, this
 * happens while the page comes in, so that the page is never in memory as a whole.
 */
export async function readPage(
  options: ReadPageOptions & { body: AnswerBody },
): Promise<PageContent> {
  const { listPath, body } = options;
  const writer = new PageWriter({ ...options, signal: body.signal });
  const answer = listPath
    ? await writeCutRecords({ ...options, listPath, writer })
    : await writeSelected({ ...options, writer, answer: await readJson(body) });
  return { answer, ...(await writer.end()) };
}

async function writeSelected(options: {
  answer: JsonValue;
  selectRecords: SelectRecords;
  writer: PageWriter;
}): Promise<JsonValue> {
  const { answer, selectRecords, writer } = options;
  for (const record of await selectRecords(answer)) {
    if (writer.add(listValue(record), 0)) {
      await writer.flush();
    }
  }
  return answer;
}

/** Leaves an answer without a list at this path to `selectRecords`. */
async function writeCutRecords(options: {
  listPath: readonly string[];
  selectRecords: SelectRecords;
  body: AnswerBody;
  writer: PageWriter;
}): Promise<JsonValue> {
  const { selectRecords, body, writer } = options;
  const { target } = body;
  const cutter = new RecordCutter({ ...options, ...body });
  for await (const chunk of body.chunks) {
    for (const bytes of cutter.cut(chunk)) {
      const record = listBytes({ target, number: cutter.count, bytes });
      if (writer.add(record, bytes.length)) {
        await writer.flush();
      }
    }
    await setImmediate();
  }
  const bytes = cutter.skeleton();
  if (!cutter.found) {
    const answer = parseAnswer({ ...body, bytes });
    return writeSelected({ ...options, answer });
  }
  const where = `outside its records (${cutter.count} found)`;
  const answer = parseAnswer({ ...body, bytes, where });
  const selected = await selectRecords(answer);
  if (selected.length !== cutter.count) {
    throw new SourceError(
      `${describeTarget(target)} answered with ${cutter.count} records, of ` +
        `which "records" finds ${selected.length}; write it without filters`,
      { code: 'shape' },
    );
  }
  return answer;
}

/** A record that was cut out of an answer. */
function listBytes(options: {
  target: RequestTarget;
  /** Its position in the answer, from 1. */
  number: number;
  bytes: Uint8Array;
}): ListedRecord {
  const { target, number, bytes } = options;
  return {
    bytesHash: hash('sha256', bytes, 'base64url'),
    parse: () => parseJson({ target, bytes, where: `in record ${number}` }),
  };
}

/** A record of an answer that was parsed as a whole. */
function listValue(value: JsonValue): ListedRecord {
  return {
    bytesHash: hash('sha256', JSON.stringify(value), 'base64url'),
    parse: () => value,
  };
}
