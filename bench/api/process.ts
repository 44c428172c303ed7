import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent } from '../measure/worker';
import {
  type Change,
  createRecord,
  indexOf,
  Registry,
  revisionMark,
} from './registry';

/**
 * The metadata API, in a process of its own. It answers with bytes that were
 * made before they are asked for, so that its own work is no part of a run.
 *
 *   GET /services          the whole list, with an ETag where it is told to
 *   GET /services?page=0   a page of it, and `next`
 *   GET /services/<id>     one record, each time of another revision
 */

export const PAGE_SIZE = 1000;

export interface NextList extends Change {
  /** Begins anew with so many records. */
  reset?: number;
  /** Whether answers carry an ETag, and are 304 where it is still right. */
  validators: boolean;
}

export interface ListState {
  records: number;
  revision: number;
  /** How many of the records are of that revision. */
  newest: number;
  bytes: number;
}

interface Answers {
  whole: Buffer;
  pages: Buffer[];
  etag?: string;
}

let registry = new Registry(0);
let lists = 0;
let etag = '';
let answers: Answers = { whole: Buffer.from('{}'), pages: [] };

function prepare(next: NextList): ListState {
  if (next.reset !== undefined) {
    registry = new Registry(next.reset);
  }
  const { changed } = registry.apply(next);
  if (next.reset !== undefined || changed > 0 || next.removed) {
    lists += 1;
    etag = `"list-${lists}"`;
    answers = serialize(registry.texts);
  }
  answers.etag = next.validators ? etag : undefined;
  const mark = revisionMark(registry.revision);
  return {
    records: registry.texts.length,
    revision: registry.revision,
    newest: registry.texts.filter(text => text.includes(mark)).length,
    bytes: answers.whole.length,
  };
}

function serialize(texts: readonly string[]): Answers {
  const pages: Buffer[] = [];
  for (let start = 0; start < texts.length; start += PAGE_SIZE) {
    const end = start + PAGE_SIZE;
    const next = end < texts.length ? `,"next":${pages.length + 1}` : '';
    pages.push(
      Buffer.from(`{"services":[${texts.slice(start, end).join()}]${next}}`),
    );
  }
  return { whole: Buffer.from(`{"services":[${texts.join()}]}`), pages };
}

function send(response: ServerResponse, body: Buffer): void {
  response
    .writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      ...(answers.etag && { ETag: answers.etag }),
    })
    .end(body);
}

let asked = 0;

function sendRecord(response: ServerResponse, id: string): void {
  const index = indexOf(id);
  if (index === undefined) {
    response.writeHead(404).end();
    return;
  }
  asked += 1;
  const body = Buffer.from(JSON.stringify(createRecord(index, 1_000 + asked)));
  response
    .writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    })
    .end(body);
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
  const [, , id] = pathname.split('/');
  if (id) {
    sendRecord(response, id);
    return;
  }
  const page = searchParams.get('page');
  const body = page === null ? answers.whole : answers.pages[Number(page)];
  if (pathname !== '/services' || !body) {
    response.writeHead(404).end();
  } else if (
    answers.etag &&
    request.headers['if-none-match'] === answers.etag
  ) {
    response.writeHead(304, { ETag: answers.etag }).end();
  } else {
    send(response, body);
  }
});

async function listen(): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const url = listen();
serveParent({ url: () => url, prepare });
