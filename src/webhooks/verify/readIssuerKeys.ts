import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { ByteBuffer } from '../../lib/ByteBuffer';
import { quoteValue } from '../../lib/values';

/** What an issuer has to say fits into it many times. */
const MAX_BYTES = 1_000_000;
const DEADLINE_MS = 5_000;

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** Keys of other kinds are passed over when one is looked for. */
const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string() })).min(1),
});

/**
 * Reads the keys of an issuer from where its discovery document says they are
 * (OpenID Connect Discovery 1.0). Throws where the document is another
 * issuer's, or what is read is not as it has to be.
 */
export async function readIssuerKeys(options: {
  issuer: string;
  deadlineMs?: number;
}): Promise<JSONWebKeySet> {
  const { issuer, deadlineMs = DEADLINE_MS } = options;
  const signal = AbortSignal.timeout(deadlineMs);
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await readAs(discoveryDocument, url, signal);
  if (document.issuer !== issuer) {
    throw new Error(
      `"${url}" is of another issuer, ${quoteValue(document.issuer)}`,
    );
  }
  const keysUrl = document.jwks_uri;
  if (
    new URL(keysUrl).protocol !== 'https:' &&
    new URL(keysUrl).origin !== new URL(issuer).origin
  ) {
    throw new Error(`"${url}" names keys that are not at an https URL`);
  }
  return (await readAs(keySet, keysUrl, signal)) as JSONWebKeySet;
}

async function readAs<T>(
  schema: z.ZodType<T>,
  url: string,
  signal: AbortSignal,
): Promise<T> {
  // What an issuer says stands at its own address.
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`"${url}" answered with status ${response.status}`);
  }
  const bytes = await readBytes(response, url);
  const parsed = schema.safeParse(parseJson(bytes));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new Error(
      `"${url}" is not as it has to be: ${path.join('.') || 'all'}: ${message}`,
    );
  }
  return parsed.data;
}

async function readBytes(response: Response, url: string): Promise<Buffer> {
  const bytes = new ByteBuffer(MAX_BYTES);
  for await (const chunk of response.body ?? []) {
    bytes.append(chunk);
    if (bytes.length > MAX_BYTES) {
      throw new Error(`"${url}" has more than ${MAX_BYTES} bytes`);
    }
  }
  return bytes.take();
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
