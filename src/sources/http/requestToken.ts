import type { JsonObject, JsonValue } from '@backstage/types';
import type { OAuth2Settings } from '../../config/settings';
import { SourceError } from '../../lib/errors';
import { readJson } from '../json/parseAnswer';
import { basicHeader } from './authorization';
import { type AnswerLimits, fetchAnswer } from './fetchAnswer';

/** A token fits in much less. */
const MAX_BYTES = 100_000;
const TOKEN = /^[\x21-\x7e]+$/;

export interface AccessToken {
  /** Value of an `Authorization` header. */
  header: string;
  /** Milliseconds since 1970; undefined where the server does not say. */
  expiresAt?: number;
}

/**
 * Asks for a token with client credentials (RFC 6749, section 4.4); the client
 * authenticates with HTTP Basic, as section 2.3.1 has every server take.
 *
 * Throws a `SourceError`, which never repeats what the server answered.
 */
export async function requestToken(options: {
  source: string;
  auth: OAuth2Settings;
  request: AnswerLimits;
  now: () => Date;
  signal: AbortSignal;
}): Promise<AccessToken> {
  const { source, auth, request, now, signal } = options;
  const askedAt = now().getTime();
  const answer = await fetchAnswer({
    source,
    url: auth.tokenUrl,
    method: 'POST',
    headers: {
      authorization: basicHeader(
        encodeForm(auth.clientId),
        encodeForm(auth.clientSecret),
      ),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: tokenForm(auth),
    request: { ...request, maxBytes: Math.min(request.maxBytes, MAX_BYTES) },
    read: readJson,
    signal,
    now,
  });
  if (answer.type === 'not-found') {
    throw answer.error;
  }
  return readToken({
    source,
    answer: answer.type === 'json' ? answer.value : null,
    askedAt,
  });
}

function tokenForm({ scope, audience }: OAuth2Settings): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope && { scope }),
    ...(audience && { audience }),
  }).toString();
}

/** As `application/x-www-form-urlencoded` has it, which section 2.3.1 demands. */
function encodeForm(value: string): string {
  return new URLSearchParams({ a: value }).toString().slice(2);
}

function readToken(options: {
  source: string;
  answer: JsonValue;
  askedAt: number;
}): AccessToken {
  const { source, answer, askedAt } = options;
  const {
    access_token: token,
    token_type: type = 'bearer',
    expires_in: expiresIn,
  } = Object(answer) as JsonObject;
  if (typeof token !== 'string' || !TOKEN.test(token)) {
    throw tokenError(source, `without an 'access_token' that can be sent`);
  }
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw tokenError(source, `with a token of another type than Bearer`);
  }
  // Some servers put it in quotes.
  return {
    header: `Bearer ${token}`,
    expiresAt: /^\d+$/.test(String(expiresIn))
      ? askedAt + Number(expiresIn) * 1000
      : undefined,
  };
}

function tokenError(source: string, fault: string): SourceError {
  return new SourceError(
    `source '${source}': the server at 'auth.tokenUrl' answered ${fault}; ` +
      `check 'auth'`,
    { code: 'shape' },
  );
}
