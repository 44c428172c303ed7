import type { JsonValue } from '@backstage/types';
import type { SourceSettings } from '../../config/settings';
import type { ListAnswer, RecordSink, Validators } from '../RecordSource';
import { createPageReader } from './createPageReader';
import type { Requester, SourceRequest } from './createRequester';
import type { HttpAnswer, ReadAnswer } from './fetchAnswer';
import type { ReadCursor } from './nextPage';
import { readPages } from './readPages';
import { parseTarget } from './requestTarget';

export interface ReadListOptions {
  settings: Pick<
    SourceSettings,
    'name' | 'url' | 'method' | 'body' | 'query' | 'pagination'
  >;
  selectRecords: (answer: JsonValue) => Promise<JsonValue[]>;
  /** Names that lead to the list inside an answer; undefined to read answers as a whole. */
  listPath?: readonly string[];
  readCursor?: ReadCursor;
  request: Requester;
  validators?: Validators;
  /** Milliseconds since 1970 beyond which no wait for another try may reach. */
  deadline: number;
  signal: AbortSignal;
  sink: RecordSink;
}

/** Reads a list over HTTP into a sink, with what its pages are asked for with. */
export async function readList(options: ReadListOptions): Promise<ListAnswer> {
  const { settings, readCursor, validators } = options;
  const { name: source, query = {}, pagination } = settings;
  const isGet = settings.method === 'GET';
  const readPage = createPageReader(options);
  return readPages({
    source,
    url: parseTarget({ source, url: settings.url }).url,
    query,
    pagination,
    readCursor,
    // A POST has no validators (RFC 9110, section 13.1).
    validators: isGet ? validators : undefined,
    async fetchPage(url, known) {
      const answer = await ask(options, url, known, readPage);
      return isGet ? answer : { ...answer, validators: undefined };
    },
    async isUnchanged(url, known) {
      const answer = await ask(options, url, known, leaveUnread);
      return answer.type === 'not-modified';
    },
  });
}

async function ask<T>(
  { settings, request, deadline, signal }: ReadListOptions,
  url: URL,
  validators: Validators | undefined,
  read: ReadAnswer<T>,
): Promise<Exclude<HttpAnswer<T>, { type: 'not-found' }>> {
  const answer = await request({
    ...toRequest(settings),
    url: url.href,
    validators,
    read,
    deadline,
    signal,
  });
  if (answer.type === 'not-found') {
    throw answer.error;
  }
  return answer;
}

/** What all pages of a list are asked for with. */
function toRequest({
  method,
  body,
}: ReadListOptions['settings']): Pick<
  SourceRequest<unknown>,
  'method' | 'body' | 'headers'
> {
  return body === undefined
    ? { method }
    : {
        method,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      };
}

async function leaveUnread(): Promise<void> {}
