import type { JsonObject } from '@backstage/types';
import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type Paging = 'none' | 'link' | 'cursor' | 'page' | 'offset';

export interface ServedList {
  records: JsonObject[];
  paging: Paging;
  /** Records on a page. */
  pageSize: number;
  /** In place of one made of the content; null for none. */
  etag?: string | null;
  /** How it answers while it is at fault. */
  fault?: Answer;
  /** When it was asked, in milliseconds since 1970. */
  askedAt: number[];
  /** Since when and until when it asked to be left alone. */
  quiet?: { from: number; until: number };
}

export interface Call {
  list: ServedList;
  req: IncomingMessage;
  res: ServerResponse;
  /** Where the page that is asked for begins. */
  start: number;
  /** Answers as if there were no fault. */
  healthy(): void;
}

export type Answer = (call: Call) => void;

export type FaultyApi = Awaited<ReturnType<typeof startFaultyApi>>;

/** A metadata API of many lists, each with its own pages and faults, over a real socket. */
export async function startFaultyApi() {
  const lists = new Map<string, ServedList>();
  const unknown: string[] = [];
  const server = createServer((req, res) => {
    const url = new URL(req.url!, 'http://127.0.0.1');
    const list = lists.get(url.pathname.slice(1));
    if (!list) {
      unknown.push(req.url!);
      res.writeHead(404).end();
      return;
    }
    list.askedAt.push(Date.now());
    const start = startOf(list, url.searchParams);
    const healthy = () => servePage({ list, req, res, start });
    const answer = list.fault ?? healthy;
    answer({ list, req, res, start, healthy });
  });
  let port = 0;
  const listen = async () => {
    await new Promise<void>(resolve => {
      server.listen(port, '127.0.0.1', resolve);
    });
    ({ port } = server.address() as AddressInfo);
  };
  await listen();
  return {
    url: (list: string) => `http://127.0.0.1:${port}/${list}`,
    /** What was asked for that is no list. */
    unknown,
    add: (name: string, list: Partial<ServedList> = {}): ServedList => {
      const added: ServedList = {
        records: [],
        paging: 'none',
        pageSize: 2,
        askedAt: [],
        ...list,
      };
      lists.set(name, added);
      return added;
    },
    /** Again, at the same port. */
    listen,
    stop: () =>
      new Promise(resolve => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function startOf({ paging, pageSize }: ServedList, query: URLSearchParams) {
  const place = Number(query.get(paging) ?? 0);
  return paging === 'page' ? (place - 1) * pageSize : place;
}

function servePage({ list, req, res, start }: Omit<Call, 'healthy'>): void {
  const { records, paging, pageSize } = list;
  const page =
    paging === 'none' ? records : records.slice(start, start + pageSize);
  const next = start + pageSize < records.length ? start + pageSize : undefined;
  const body = JSON.stringify(
    paging === 'cursor' ? { items: page, next } : page,
  );
  const hash = createHash('sha256').update(body).digest('hex');
  const etag = list.etag === undefined ? `"${hash}"` : list.etag;
  const unchanged = etag !== null && req.headers['if-none-match'] === etag;
  res.writeHead(unchanged ? 304 : 200, {
    'Content-Type': 'application/json',
    ...(etag !== null && { ETag: etag }),
    ...(paging === 'link' &&
      next && { Link: `<?link=${next}>; rel="next", <?>; rel="first"` }),
  });
  res.end(unchanged ? undefined : body);
}
