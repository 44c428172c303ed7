import type { JsonObject, JsonValue } from '@backstage/types';
import type { OAuth2Settings } from '../../config/request';
import type { SourceSettings } from '../../config/source';
import { abortable } from '../../lib/abort';
import { SourceError } from '../../lib/errors';
import { readJson } from '../json/parseJson';
import { fetchAnswer, requireFound } from './fetchAnswer';

/** Gives the `Authorization` header of a source's requests. */
export interface Authorization {
  header(signal: AbortSignal): Promise<string>;
  /** Forgets a refused header. False if there is no other. */
  discard(refused: string): boolean;
}

/** What no message may repeat. */
export function secretsOf(auth: SourceSettings['auth']): string[] {
  switch (auth?.type) {
    case 'oauth2':
      return [auth.clientSecret];
    case 'bearer':
      return [auth.token];
    case 'basic':
      return [auth.password];
    default:
      return [];
  }
}

type AuthorizationSettings = Pick<SourceSettings, 'name' | 'auth' | 'request'>;

interface AccessToken {
  /** Value of an `Authorization` header. */
  header: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** A token is not used in its last minute, since it could expire on the way. */
const MARGIN_MS = 60_000;

/**
 * An OAuth2 token by client credentials. It is kept in memory until it expires,
 * and requested once however many requests wait for it.
 */
class ClientCredentials implements Authorization {
  readonly #request: () => Promise<AccessToken>;
  readonly #now: () => Date;
  #token?: AccessToken;
  #pending?: Promise<AccessToken>;

  constructor(request: () => Promise<AccessToken>, now: () => Date) {
    this.#request = request;
    this.#now = now;
  }

  async header(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const time = this.#now().getTime();
    if (this.#token && time < this.#token.expiresAt - MARGIN_MS) {
      return this.#token.header;
    }
    // Not under the caller's signal: others may wait for the same token.
    this.#pending ??= this.#replaceToken();
    const { header } = await abortable(this.#pending, signal);
    return header;
  }

  /** Another request may have replaced the token already. The new one stays. */
  discard(refused: string): boolean {
    if (this.#token?.header === refused) {
      this.#token = undefined;
    }
    return true;
  }

  async #replaceToken(): Promise<AccessToken> {
    try {
      this.#token = await this.#request();
      return this.#token;
    } finally {
      this.#pending = undefined;
    }
  }
}

export function createAuthorization(
  settings: AuthorizationSettings,
  now: () => Date,
): Authorization | undefined {
  const { auth } = settings;
  switch (auth?.type) {
    case 'oauth2':
      return new ClientCredentials(
        () => requestToken(settings, auth, now),
        now,
      );
    case 'bearer':
      return fixedHeader(`Bearer ${auth.token}`);
    case 'basic':
      return fixedHeader(basicHeader(auth.username, auth.password));
    default:
      return undefined;
  }
}

function fixedHeader(header: string): Authorization {
  return { header: async () => header, discard: () => false };
}

/** An `Authorization` header of the scheme Basic, in UTF-8 (RFC 7617). */
function basicHeader(username: string, password: string): string {
  const credentials = Buffer.from(`${username}:${password}`, 'utf8');
  return `Basic ${credentials.toString('base64')}`;
}

/** The answer with a token is much smaller. */
const MAX_BYTES = 100_000;

/**
 * Requests a token with client credentials (RFC 6749, section 4.4). By default
 * the client authenticates with HTTP Basic, which every server has to support
 * (section 2.3.1).
 *
 * Throws a `SourceError`. Its message repeats nothing of the answer but the code
 * of an error (section 5.2).
 */
async function requestToken(
  { name: source, request }: AuthorizationSettings,
  auth: OAuth2Settings,
  now: () => Date,
): Promise<AccessToken> {
  const requestedAt = now().getTime();
  const answer = await fetchAnswer({
    source,
    url: new URL(auth.tokenUrl),
    method: 'POST',
    headers: {
      ...(!sendsInBody(auth) && {
        authorization: basicHeader(
          encodeForm(auth.clientId),
          encodeForm(auth.clientSecret),
        ),
      }),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: tokenForm(auth),
    secrets: secretsOf(auth),
    readReason: readErrorCode,
    limits: { ...request, maxBytes: Math.min(request.maxBytes, MAX_BYTES) },
    read: readJson,
    signal: new AbortController().signal,
    now,
  });
  return parseToken(source, requireFound(answer)?.value, requestedAt);
}

function sendsInBody({ clientAuthentication }: OAuth2Settings): boolean {
  return clientAuthentication === 'client_secret_post';
}

function tokenForm(auth: OAuth2Settings): string {
  const { scope, audience, clientId, clientSecret } = auth;
  return new URLSearchParams({
    grant_type: 'client_credentials',
    ...(sendsInBody(auth) && {
      client_id: clientId,
      client_secret: clientSecret,
    }),
    ...(scope && { scope }),
    ...(audience && { audience }),
  }).toString();
}

/** Encodes as `application/x-www-form-urlencoded`, which section 2.3.1 demands. */
function encodeForm(value: string): string {
  return new URLSearchParams({ a: value }).toString().slice(2);
}

/** The characters of an error code (section 5.2). */
const ERROR_CODE = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,80}$/;

function readErrorCode(text: string): string | undefined {
  try {
    const { error } = Object(JSON.parse(text)) as JsonObject;
    return typeof error === 'string' && ERROR_CODE.test(error)
      ? `"${error}"`
      : undefined;
  } catch {
    return undefined;
  }
}

const TOKEN = /^[\x21-\x7e]+$/;

function parseToken(
  source: string,
  answer: JsonValue | undefined,
  requestedAt: number,
): AccessToken {
  const {
    access_token: token,
    token_type: type = 'bearer',
    expires_in: expiresIn,
  } = Object(answer) as JsonObject;
  if (typeof token !== 'string' || !TOKEN.test(token)) {
    throw tokenError(source, 'without an "access_token" that can be sent');
  }
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw tokenError(source, 'with a token of another type than Bearer');
  }
  return {
    header: `Bearer ${token}`,
    // Some servers give a string.
    expiresAt: /^\d+$/.test(String(expiresIn))
      ? requestedAt + Number(expiresIn) * 1000
      : Infinity,
  };
}

function tokenError(source: string, fault: string): SourceError {
  return new SourceError(
    `Source "${source}": the server at "auth.tokenUrl" answered ${fault}; ` +
      `check "auth"`,
    { code: 'shape' },
  );
}
