import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent, Worker } from '../lib/Worker';
import { createRecord, revisionMark } from './registry';

const PAGE_SIZE = 1000;

/** What the next list differs in from the one before. */
export interface NextList {
  /** Begins anew with so many records. */
  reset?: number;
  /** Shares of the records: these lie evenly over the list. */
  changed?: number;
  /** These are removed at its end. */
  removed?: number;
  /** Whether the list has an ETag, and is answered 304 where it is unchanged. */
  etag: boolean;
}

/** What the catalog has to have after a run. */
export interface ListState {
  records: number;
  revision: number;
  /** How many records are of that revision. */
  newest: number;
}

export interface Api {
  url: string;
  /** Makes the next list. */
  prepare(next: NextList): Promise<ListState>;
  stop(): Promise<void>;
}

/** Starts the metadata API in a process of its own. */
export async function startApi(): Promise<Api> {
  const worker = new Worker(__filename);
  return {
    url: await worker.ask<string>('url'),
    prepare: next => worker.ask('prepare', next),
    stop: () => worker.kill(),
  };
}

const textOf = (index: number, revision: number) =>
  JSON.stringify(createRecord(index, revision));

/**
 * Answers with bytes that were made before anybody asks for them:
 *
 *   GET /services         the whole list
 *   GET /services?page=0  a page of it, and the number of the next one
 */
async function serve() {
  let texts: string[] = [];
  let revision = 1;
  let lists = 0;
  let etag: string | undefined;
  /** By their page; "null" has the whole list. */
  let bodies: Record<string, Buffer> = {};

  function prepare(next: NextList): ListState {
    const { reset, changed = 0, removed = 0 } = next;
    if (reset !== undefined) {
      revision = 1;
      texts = Array.from({ length: reset }, (_, index) => textOf(index, 1));
    }
    texts.length -= Math.round(texts.length * removed);
    const count = Math.round(texts.length * changed);
    revision += count > 0 ? 1 : 0;
    for (let nth = 0; nth < count; nth += 1) {
      const index = Math.floor((nth * texts.length) / count);
      texts[index] = textOf(index, revision);
    }
    if (reset !== undefined || changed || removed) {
      lists += 1;
      bodies = serialize(texts);
    }
    etag = next.etag ? `"list-${lists}"` : undefined;
    const mark = revisionMark(revision);
    const newest = texts.filter(text => text.includes(mark)).length;
    return { records: texts.length, revision, newest };
  }

  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://api');
    const body = bodies[String(searchParams.get('page'))];
    response.setHeader('Content-Type', 'application/json');
    if (etag) {
      response.setHeader('ETag', etag);
    }
    if (etag && request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
    } else {
      response.writeHead(200, { 'Content-Length': body.length }).end(body);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: () => `http://127.0.0.1:${port}/services`, prepare };
}

function serialize(texts: string[]): Record<string, Buffer> {
  const bodies: Record<string, Buffer> = {
    null: Buffer.from(`{"services":[${texts.join()}]}`),
  };
  for (let page = 0; page * PAGE_SIZE < texts.length; page += 1) {
    const end = (page + 1) * PAGE_SIZE;
    const services = texts.slice(page * PAGE_SIZE, end).join();
    const next = end < texts.length ? `,"next":${page + 1}` : '';
    bodies[page] = Buffer.from(`{"services":[${services}]${next}}`);
  }
  return bodies;
}

if (require.main === module) {
  serveParent(serve());
}
