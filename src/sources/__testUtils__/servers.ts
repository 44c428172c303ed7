import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';

export interface TestServer {
  origin: string;
  /** The requests in order. Of a TCP server, only their number matters. */
  requests: { method: string; url: string; headers: IncomingHttpHeaders }[];
}

const closers: (() => Promise<void>)[] = [];

/** An HTTP server on a free port of this machine, until `closeServers`. */
export async function startServer(
  listener: RequestListener,
): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server = createHttpServer((request, response) => {
    requests.push({
      method: request.method!,
      url: request.url!,
      headers: request.headers,
    });
    listener(request, response);
  });
  return { origin: await listen(server), requests };
}

/** A TCP server that calls `onRequest` once a request has come. */
export async function startRawServer(
  onRequest: (socket: Socket) => void,
): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => {
      requests.push({ method: '', url: '', headers: {} });
      onRequest(socket);
    });
  });
  return { origin: await listen(server), requests };
}

/** An origin at which nothing listens. */
export async function closedOrigin(): Promise<string> {
  const server = createTcpServer();
  const origin = await listen(server);
  await closers.pop()!();
  return origin;
}

/** Fakes the timers of time limits. Those of sockets and servers stay real. */
export function fakeTimeouts(): void {
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
    ],
  });
}

/** Resolves when the client has closed the connection. */
export function closing(connection: Socket | ServerResponse): Promise<void> {
  return new Promise(resolve => {
    connection.once('close', () => resolve());
  });
}

/** Writes until the client closes the connection. */
export function writeForever(
  response: ServerResponse,
  chunk: string,
): Promise<void> {
  const closed = closing(response);
  const write = () => {
    response.write(chunk, error => error || write());
  };
  write();
  return closed;
}

export async function closeServers(): Promise<void> {
  await Promise.all(closers.splice(0).map(close => close()));
}

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(
    () =>
      new Promise(resolve => {
        server.close(() => resolve());
        sockets.forEach(socket => socket.destroy());
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
