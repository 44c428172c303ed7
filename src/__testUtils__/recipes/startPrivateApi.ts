import type { JsonValue } from '@backstage/types';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { sendJson } from '../../sources/__testUtils__/startSource';

const AUTHORITY = [
  '-x509',
  '-keyout',
  'authority.key',
  '-out',
  'authority.pem',
];
const REQUEST = ['-keyout', 'server.key', '-out', 'server.csr'];

/** Makes an authority, and a certificate for these hosts that it signed. */
function makeCertificates(directory: string, hosts: string[]) {
  const openssl = (args: string[]) =>
    execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const names = hosts.map(host => `DNS:${host}`).join(',');
  writeFileSync(join(directory, 'names'), `subjectAltName=${names}`);
  for (const outcome of [AUTHORITY, REQUEST]) {
    openssl([
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
      ...['-nodes', '-subj', `/CN=${outcome[1]}`, ...outcome],
    ]);
  }
  openssl([
    ...['x509', '-req', '-in', 'server.csr', '-out', 'server.pem'],
    ...['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial'],
    ...['-extfile', 'names', '-days', '2'],
  ]);
  const read = (name: string) => readFileSync(join(directory, name));
  return { key: read('server.key'), cert: read('server.pem') };
}

/**
 * An API over TLS whose certificate a private authority has signed, and a proxy
 * that leads to it whatever host is asked for.
 */
export async function startPrivateApi(options: {
  /** For the files of the certificates. */
  directory: string;
  hosts: string[];
  answer: JsonValue;
}) {
  const { directory, hosts, answer } = options;
  const servers: Server[] = [];
  const listen = async (server: Server) => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(
    createHttpsServer(makeCertificates(directory, hosts), (_, response) =>
      sendJson(response, answer, { connection: 'close' }),
    ),
  );
  const connections: string[] = [];
  const proxy = createHttpServer().on('connect', (request, socket, head) => {
    connections.push(request.url!);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  return {
    port,
    authority: join(directory, 'authority.pem'),
    proxyUrl: `http://127.0.0.1:${await listen(proxy)}`,
    /** The hosts that the proxy was asked for. */
    connections,
    async stop() {
      await Promise.all(
        servers.map(server => new Promise(done => server.close(done))),
      );
    },
  };
}
