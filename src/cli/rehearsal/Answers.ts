import type { JsonValue } from '@backstage/types';
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SourceSettings } from '../../config/source';

interface Answer {
  status: number;
  headers: Headers;
  url: string;
  chunks: Uint8Array[];
  at: Date;
}

const KEPT_STATUSES = [200, 301, 302, 303, 307, 308];

/**
 * Answers of an API, each asked for once: a change of the mapping should cost
 * the API nothing. A request that differs in any way is sent.
 */
export class Answers {
  readonly #byRequest = new Map<string, Answer>();
  /** The answer that came first since `begin`. */
  #first: Answer | undefined;
  #reusedFrom: Date | undefined;
  #auth: SourceSettings['auth'];

  /** With a file, that is the answer to each request. */
  constructor(readonly file?: string) {}

  /** When the answers came that were used again since `begin`. */
  get reusedFrom(): Date | undefined {
    return this.#reusedFrom;
  }

  /** Begins a trial, under settings that may have changed. */
  begin({ auth }: Pick<SourceSettings, 'auth'>): void {
    this.#auth = auth;
    this.#first = undefined;
    this.#reusedFrom = undefined;
  }

  /** The first answer; undefined if there was none, or if it is not JSON. */
  first(): JsonValue | undefined {
    try {
      const bytes = Buffer.concat(this.#first?.chunks ?? []);
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      return undefined;
    }
  }

  /** Takes the place of the `fetch` of the process. */
  readonly fetch: typeof fetch = async (url, init) => {
    const { file } = this;
    if (file !== undefined) {
      const chunks = [await readFile(file)];
      this.#first = this.#answer({ url: String(url), chunks });
      return toResponse(this.#first, toStream(chunks));
    }
    const request = keyOf(String(url), init, this.#auth);
    const known = this.#byRequest.get(request);
    if (known) {
      this.#reusedFrom ??= known.at;
      this.#first ??= known;
      return toResponse(known, toStream(known.chunks));
    }
    const response = await fetch(url, init);
    const { status, headers, body } = response;
    const answer = this.#answer({ status, headers, url: response.url });
    this.#first ??= answer;
    const keep = () => {
      if (KEPT_STATUSES.includes(status)) {
        this.#byRequest.set(request, answer);
      }
    };
    const passing = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        answer.chunks.push(chunk);
        controller.enqueue(chunk);
      },
      flush: keep,
    });
    return toResponse(answer, body && body.pipeThrough(passing));
  };

  #answer(given: Partial<Answer> & Pick<Answer, 'url'>): Answer {
    return {
      status: 200,
      headers: new Headers({ 'content-type': 'application/json' }),
      chunks: [],
      at: new Date(),
      ...given,
    };
  }
}

/** A hash, since the headers may hold credentials. */
function keyOf(
  url: string,
  { method, headers: given, body }: RequestInit = {},
  auth: SourceSettings['auth'],
) {
  const headers = new Headers(given);
  if (auth) {
    // It may be a token, which each trial has anew.
    headers.delete('authorization');
  }
  const request = [url, method, [...headers], body, auth];
  return hash('sha256', JSON.stringify(request));
}

function toStream(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      chunks.forEach(chunk => controller.enqueue(chunk));
      controller.close();
    },
  });
}

function toResponse(
  { status, headers, url }: Answer,
  body: ReadableStream<Uint8Array> | null,
): Response {
  const response = new Response(body, { status, headers });
  // Links of the answer are relative to it, and a new response has none.
  return Object.defineProperty(response, 'url', { value: url });
}
