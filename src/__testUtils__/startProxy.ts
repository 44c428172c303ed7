import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** Stands in front of a server, which is gone for whoever comes through it while it is shut. */
export async function startProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // What is cut off fails at both ends.
    socket.on('error', () => {});
  };
  const server = createServer(client => {
    const upstream = connect(target);
    [client, upstream].forEach(keep);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  let port = 0;
  const open = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const shut = async () => {
    const closed = once(server, 'close');
    server.close();
    sockets.forEach(socket => socket.destroy());
    await closed;
  };
  await open();
  return { port, open, shut };
}
