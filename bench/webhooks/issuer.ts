import { once } from 'node:events';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const AUDIENCE = 'https://backstage.example.com';
const KEY_ID = 'bench';

/** An issuer of tokens, as another process can sign for it. */
export interface Issuer {
  url: string;
  /** PEM. */
  privateKey: string;
}

/** Serves the keys of an issuer. */
export async function startIssuer() {
  const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const server = createServer((req, res) => {
    const url = `http://${req.headers.host}`;
    const answer = req.url?.startsWith('/.well-known/')
      ? { issuer: url, jwks_uri: `${url}/jwks` }
      : { keys: [{ ...jwk, kid: KEY_ID }] };
    res.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer: Issuer = { url: `http://127.0.0.1:${port}`, privateKey };
  return { issuer, stop: () => server.close() };
}

const encode = (value: object) =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token for one request, with the claims that GitHub gives. */
export function signToken({ url, privateKey }: Issuer, service: string) {
  const seconds = Math.floor(Date.now() / 1000);
  const repository = `acme/${service}`;
  const text = `${encode({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${encode({
    iss: url,
    aud: AUDIENCE,
    sub: `repo:${repository}:environment:production`,
    repository,
    ref: 'refs/heads/main',
    jti: randomUUID(),
    iat: seconds,
    exp: seconds + 3600,
  })}`;
  const key = createPrivateKey(privateKey);
  const signature = sign('sha256', Buffer.from(text), key);
  return `${text}.${signature.toString('base64url')}`;
}
