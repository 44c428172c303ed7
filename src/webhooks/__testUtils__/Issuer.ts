import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (res: http.ServerResponse) => void;

/** To make a pair takes a second at times: three are made, and taken in turn. */
const pairs: GenerateKeyPairResult[] = [];
let taken = 0;

async function takePair(): Promise<GenerateKeyPairResult> {
  const at = taken++ % 3;
  pairs[at] ??= await generateKeyPair('RS256', { extractable: true });
  return pairs[at];
}

/** With which a job asks for its token. */
export const JOB_TOKEN = 'the-token-of-a-job';

/** An issuer of tokens on a socket of its own, with what OpenID Connect Discovery asks for. */
export class Issuer {
  url = '';
  now = new Date('2026-11-22T12:00:00Z');
  /** What is asked of it, by path. */
  readonly asked: string[] = [];
  /** What it answers in place of what is true, by path. */
  readonly answers = new Map<string, Answer>();
  private keys: Array<GenerateKeyPairResult & { kid: string }> = [];
  private readonly server = http.createServer((req, res) => {
    this.asked.push(req.url!);
    const url = new URL(req.url!, this.url);
    const answer =
      url.pathname === '/request-token'
        ? this.forJob(req.headers.authorization, url.searchParams)
        : this.truth(req.url!);
    (this.answers.get(req.url!) ?? answer)(res);
  });

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    issuer.server.listen(0, '127.0.0.1');
    await once(issuer.server, 'listening');
    const { port } = issuer.server.address() as AddressInfo;
    issuer.url = `http://127.0.0.1:${port}`;
    await issuer.rotate();
    return issuer;
  }

  /** Signs with a new key from now on, and no longer knows of those before. */
  async rotate(): Promise<void> {
    this.keys = [{ ...(await takePair()), kid: `key-${taken}` }];
  }

  /** Says something else in place of the truth; undefined for the truth again. */
  say(path: string, value?: unknown): void {
    if (value === undefined) {
      this.answers.delete(path);
    } else {
      this.answers.set(path, res => res.end(JSON.stringify(value)));
    }
  }

  async publicKeyText(): Promise<string> {
    return exportSPKI(this.keys[0].publicKey);
  }

  get kid(): string {
    return this.keys[0].kid;
  }

  /** A token as GitHub issues them, but for what is given. What is undefined is left out. */
  async token(
    claims: JWTPayload = {},
    options: {
      key?: Parameters<SignJWT['sign']>[0];
      alg?: string;
      kid?: string;
    } = {},
  ): Promise<string> {
    const seconds = Math.floor(this.now.getTime() / 1000);
    const payload: JWTPayload = {
      iss: this.url,
      aud: 'https://backstage.example.com',
      sub: 'repo:acme/payments:environment:production',
      repository: 'acme/payments',
      ref: 'refs/heads/main',
      jti: `id-${Math.random()}`,
      nbf: seconds - 600,
      iat: seconds,
      exp: seconds + 300,
      ...claims,
    };
    const {
      key = this.keys[0].privateKey,
      alg = 'RS256',
      kid = this.kid,
    } = options;
    return new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader({ alg, kid, typ: 'JWT' })
      .sign(key);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  /** Listens again where it did before. */
  async restart(): Promise<void> {
    this.server.listen(Number(new URL(this.url).port), '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Gives a job its token for an audience, as `ACTIONS_ID_TOKEN_REQUEST_URL` does. */
  private forJob(authorization = '', query: URLSearchParams): Answer {
    return async res => {
      if (authorization !== `Bearer ${JOB_TOKEN}`) {
        res.writeHead(401).end();
        return;
      }
      const value = await this.token({ aud: query.get('audience')! });
      res.end(JSON.stringify({ value }));
    };
  }

  private truth(path: string): Answer {
    return async res => {
      if (path === '/.well-known/openid-configuration') {
        const document = { issuer: this.url, jwks_uri: `${this.url}/jwks` };
        res.end(JSON.stringify(document));
      } else if (path === '/jwks') {
        const keys = await Promise.all(
          this.keys.map(async ({ publicKey, kid }) => ({
            ...(await exportJWK(publicKey)),
            kid,
            use: 'sig',
            alg: 'RS256',
          })),
        );
        res.end(JSON.stringify({ keys }));
      } else {
        res.writeHead(404).end();
      }
    };
  }
}
