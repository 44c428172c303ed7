import type { JsonValue } from '@backstage/types';
import { ByteBuffer } from '../../lib/ByteBuffer';
import { escapeControls, isObject } from '../../lib/values';

const MAX_CHARACTERS = 200;
/** Much longer than an excerpt, so that no secret is cut before it is found. */
const MAX_BYTES = 65_536;

const TEXT_TYPE =
  /^(?:$|text\/(?!html)|application\/json|[\w.-]+\/[\w.+-]+\+json)\b/i;

/** Headers that are no secrets, whose words a server may well use. */
const HARMLESS_HEADERS = ['accept', 'content-type'];
const SCHEME = /^(?:basic|bearer|token)$/i;
const MIN_SECRET_LENGTH = 4;

export interface SentRequest {
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  /** What the headers hold in another form. */
  secrets?: string[];
}

/** What a text or JSON answer says, without any secret of the request that it repeats. */
export async function readText(
  response: Response,
  request: SentRequest,
): Promise<string | undefined> {
  if (!TEXT_TYPE.test(response.headers.get('content-type') ?? '')) {
    return undefined;
  }
  const buffer = new ByteBuffer();
  try {
    for await (const chunk of response.body ?? []) {
      buffer.append(chunk);
      if (buffer.length >= MAX_BYTES) {
        break;
      }
    }
  } catch {
    // The status says more than a body that breaks off.
  }
  return redact(buffer.bytes().toString('utf8'), request);
}

/** How many messages of an answer are shown. */
const MAX_MESSAGES = 3;

/**
 * The first messages of `errors` in an answer, such as that of a GraphQL server,
 * without any secret of the request that they repeat.
 */
export function readMessages(
  answer: JsonValue,
  request: SentRequest,
): string | undefined {
  const errors = isObject(answer) ? answer.errors : undefined;
  const messages = (Array.isArray(errors) ? errors : [])
    .map(error => (isObject(error) ? error.message : undefined))
    .filter(message => typeof message === 'string')
    .slice(0, MAX_MESSAGES);
  return messages.length > 0 ? redact(messages.join('; '), request) : undefined;
}

/** The beginning of a text on one line, for people to see. */
export function excerptOf(text: string): string | undefined {
  const line = escapeControls(text.trim());
  const characters = [...line];
  return characters.length > MAX_CHARACTERS
    ? `${characters.slice(0, MAX_CHARACTERS).join('')}…`
    : line || undefined;
}

function redact(text: string, request: SentRequest): string {
  const secrets = secretsOf(request)
    .flatMap(secret => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ])
    .filter(secret => secret.length >= MIN_SECRET_LENGTH)
    // One may be a part of another.
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

function secretsOf({
  url,
  headers = {},
  body = '',
  secrets = [],
}: SentRequest): string[] {
  return [
    ...secrets,
    ...url.searchParams.values(),
    ...Object.entries(headers)
      .filter(([name]) => !HARMLESS_HEADERS.includes(name.toLowerCase()))
      .flatMap(([, value]) => value.split(/\s+/))
      .filter(word => !SCHEME.test(word)),
    body,
    ...[...body.matchAll(/"((?:[^"\\]|\\.){6,})"(?!\s*:)/g)].map(
      ([, value]) => value,
    ),
  ];
}
