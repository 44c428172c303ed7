/*
 * The file of a snapshot, as `GET /snapshots/:id` gives it: JSON or one JSON
 * value on each line. Or entities as the catalog gives them: a list, or an
 * object with the list `items`.
 */
import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { ByteBuffer } from '../../lib/ByteBuffer';
import { SourceError } from '../../lib/errors';
import { isObject } from '../../lib/values';
import { parseAnswer } from '../../sources/json/parseJson';
import { RecordCutter } from '../../sources/json/RecordCutter';

/** Of a file that is no list, this much is read before that is known. */
const MAX_ITEM_BYTES = 10_000_000;
const MAX_DEPTH = 100;

/** For errors, which are given in other words. */
const FILE = { source: 'file', url: new URL('file:///snapshot') };

/** What a file has: at most one header, and any number of items. */
export type FilePart = { header: JsonValue } | { item: JsonValue };

type Chunks = AsyncIterable<Uint8Array>;

/** Reads a file without ever having all of it in memory. Throws an `InputError` where it is none. */
export function readSnapshotFile(
  chunks: Chunks,
  options: { isLines: boolean },
): AsyncGenerator<FilePart> {
  return options.isLines ? readLines(chunks) : readDocument(chunks);
}

async function* readLines(chunks: Chunks): AsyncGenerator<FilePart> {
  let number = 0;
  for await (const line of splitLines(chunks)) {
    number++;
    const value = parse(line, `line ${number}`);
    const isHeader = number === 1 && isObject(value) && 'snapshot' in value;
    yield isHeader ? { header: value.snapshot! } : { item: value };
  }
  if (number === 0) {
    throw new InputError('file: is empty');
  }
}

const LINE_FEED = 0x0a;

async function* splitLines(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const begun = new ByteBuffer();
  for await (const chunk of chunks) {
    let start = 0;
    let end = chunk.indexOf(LINE_FEED);
    while (end !== -1) {
      begun.append(chunk.subarray(start, end));
      yield begun.take();
      start = end + 1;
      end = chunk.indexOf(LINE_FEED, start);
    }
    begun.append(chunk.subarray(start));
    assertLength(begun.length);
  }
  if (begun.length > 0) {
    yield begun.take();
  }
}

async function* readDocument(chunks: Chunks): AsyncGenerator<FilePart> {
  let cutter: RecordCutter | undefined;
  let length = 0;
  for await (const chunk of chunks) {
    cutter ??= createCutter(chunk);
    length += chunk.length;
    for (const bytes of cut(cutter, chunk)) {
      yield { item: parse(bytes, `items[${cutter.count - 1}]`) };
      length = 0;
    }
    assertLength(length);
  }
  const rest = parse(
    cutter?.skeleton() ?? new Uint8Array(),
    `file, after ${cutter?.count ?? 0} items`,
  );
  if (!cutter?.found) {
    throw new InputError(
      'items: there is no list of entities; give a list, or an object with the list "items"',
    );
  }
  if (isObject(rest) && 'snapshot' in rest) {
    yield { header: rest.snapshot! };
  }
}

/** The list is the file, or the member `items` of it. */
function createCutter(chunk: Uint8Array): RecordCutter {
  const isList = /^\uFEFF?\s*\[/.test(Buffer.from(chunk).toString());
  const listPath = isList ? [] : ['items'];
  return new RecordCutter({ target: FILE, listPath, maxDepth: MAX_DEPTH });
}

function* cut(cutter: RecordCutter, chunk: Uint8Array): Generator<Uint8Array> {
  try {
    yield* cutter.cut(chunk);
  } catch (error) {
    throw toInputError(error, `items[${cutter.count}]`);
  }
}

function parse(bytes: Uint8Array, where: string): JsonValue {
  try {
    return parseAnswer({ target: FILE, bytes, maxDepth: MAX_DEPTH });
  } catch (error) {
    throw toInputError(error, where);
  }
}

function toInputError(error: unknown, where: string): unknown {
  if (!(error instanceof SourceError)) {
    return error;
  }
  return new InputError(
    error.code === 'too-deep'
      ? `${where}: nests deeper than ${MAX_DEPTH} levels`
      : `${where}: is no valid JSON; the file may be truncated, and one with a JSON value on each line needs the content type "application/x-ndjson"`,
  );
}

function assertLength(length: number): void {
  if (length > MAX_ITEM_BYTES) {
    throw new InputError(
      `items: more than ${MAX_ITEM_BYTES} bytes without the end of an entity; give a list of entities, or an object with the list "items"`,
    );
  }
}
