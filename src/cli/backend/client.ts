import {
  AuthenticationError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import { suggest } from '../../config/messages';
import { escapeControls, isObject } from '../../lib/values';
import type { Call, Terminal } from '../terminal';

const API = '/api/catalog/custom-data';
const DEFAULT_URL = 'http://localhost:7007';
/** A backend may itself wait for a metadata API. */
const TIMEOUT_MS = 120_000;
/** What the API gives at most. */
export const MAX_PAGE = 500;

/** Routes that a backend with this module always has. */
const LISTS = /^\/(?:sources|deliveries|deployments)$/;

export interface BackendOptions {
  url?: string;
  token?: string;
  json?: boolean;
}

export interface ListOptions extends BackendOptions {
  limit?: number;
  all?: boolean;
}

/** The items that were asked for, and beside them what the first page said. */
export interface List {
  items: any[];
  first?: any;
  /** Whether there are more. */
  more: boolean;
}

/** Calls the API of a running backend. What goes wrong becomes one message for people. */
export class Backend {
  readonly #base: string;
  readonly #token?: string;
  readonly #signal: AbortSignal;

  constructor({
    options,
    terminal,
  }: Pick<Call<BackendOptions>, 'options' | 'terminal'>) {
    const { env, signal } = terminal;
    this.#base = backendUrl(options, env);
    this.#token = readToken(options.token ?? env.CATALOG_TOKEN);
    this.#signal = signal;
  }

  get(path: string): Promise<any> {
    return this.#call('GET', path);
  }

  post(path: string, body: object = {}): Promise<any> {
    return this.#call('POST', path, body);
  }

  /** Reads a list page by page, until there are as many items as wanted. */
  async list(
    path: string,
    { limit = 50, all }: ListOptions,
    query: Record<string, unknown> = {},
  ): Promise<List> {
    const wanted = all ? Infinity : limit;
    let items: any[] = [];
    let first: any;
    let cursor: string | undefined;
    do {
      const size = Math.min(Math.max(wanted - items.length, 1), MAX_PAGE);
      const text = queryText({ ...query, limit: size, cursor });
      const page = await this.#call('GET', `${path}?${text}`);
      if (!Array.isArray(page.items)) {
        throw new InputError(
          `"${this.#base}" has no list at "${API}${path}"; look at the URL`,
        );
      }
      first ??= page;
      items = items.concat(page.items);
      cursor = page.pageInfo?.nextCursor;
    } while (cursor !== undefined && items.length < wanted);
    const more = cursor !== undefined || items.length > wanted;
    return { items: items.slice(0, wanted), first, more };
  }

  async #call(method: string, path: string, body?: object): Promise<any> {
    const token = this.#token;
    const answer = await send(`${this.#base}${API}${path}`, this.#signal, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    if (answer.ok && answer.body) {
      return answer.body;
    }
    throw await this.#refusal(answer, path.replace(/\?.*/, ''));
  }

  async #refusal(answer: Answer, path: string): Promise<Error> {
    const { status } = answer;
    const base = this.#base;
    const message = errorMessage(answer);
    if (message === undefined || (status === 404 && LISTS.test(path))) {
      return strange(base, answer);
    }
    switch (status) {
      case 401:
        return new AuthenticationError(
          this.#token
            ? `"${base}" does not accept the token of --token or CATALOG_TOKEN: ${message}`
            : `"${base}" wants a Backstage token: set CATALOG_TOKEN`,
        );
      case 403:
        return new NotAllowedError(
          `"${base}" does not allow this: ${message}; "Who may do what" in docs/http-api.md lists the permissions`,
        );
      case 404:
        return new NotFoundError(message + (await this.#nearestSource(path)));
      default:
        return new Error(status < 500 ? message : `${message} (${status})`);
    }
  }

  /** What to try if a path names a source that there is not. */
  async #nearestSource(path: string): Promise<string> {
    const [, encoded] = /^\/sources\/([^/]+)/.exec(path) ?? [];
    if (encoded === undefined) {
      return '';
    }
    const name = decodeURIComponent(encoded);
    const { items } = await this.list('/sources', { all: true });
    const known = items.map(source => escapeControls(source.name));
    return known.includes(name) ? '' : `; ${suggest(name, known)}`;
  }
}

/** A part of a path that a user gave. */
export function segment(value: string, what: string): string {
  // A URL would lose these.
  if (['', '.', '..'].includes(value)) {
    throw new InputError(`"${value}" is no ${what}`);
  }
  return encodeURIComponent(value);
}

/** The path of the source that a user named. */
export const sourcePath = (name: string) =>
  `/sources/${segment(name, 'source')}`;

/** The root of a backend, without a slash at its end. */
export function backendUrl(
  { url }: BackendOptions,
  env: Terminal['env'],
): string {
  const text = url ?? env.CATALOG_URL ?? DEFAULT_URL;
  return webUrl(text, '--url or CATALOG_URL').replace(/\/+$/, '');
}

/** Where a sender posts to. */
export function senderUrl(
  name: string,
  options: BackendOptions,
  env: Terminal['env'],
): string {
  const base = backendUrl(options, env);
  return `${base}${API}/webhooks/${segment(name, 'sender')}`;
}

/** Checks a URL that a user gave. No message quotes one that may hold a password. */
export function webUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url ? url.username || url.password : text.includes('@')) {
    throw new InputError(`${where} must not have a user name or password`);
  }
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InputError(
      `${where} is "${text}", which is no http or https URL`,
    );
  }
  return text;
}

/** Checks a token that a user gave. */
export function readToken(given: string | undefined): string | undefined {
  const token = given?.trim();
  // The error of a header would quote it.
  if (token && !/^[\x21-\x7e]+$/.test(token)) {
    throw new InputError(
      'The token of --token or CATALOG_TOKEN has a blank or another character that no token has',
    );
  }
  return token;
}

function queryText(query: Record<string, unknown>): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined,
  );
  return new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
}

/** An answer, with the object that it has; undefined where it is something else. */
export interface Answer {
  status: number;
  ok: boolean;
  headers: Headers;
  body?: any;
}

/** Sends a request; says where it went if nobody answers. */
export async function send(
  url: string,
  signal: AbortSignal,
  init: RequestInit,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      ...init,
      // A page to sign in is no answer, and a POST would become a GET.
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    const { status, ok, headers } = response;
    return { status, ok, headers, body: parseObject(await response.text()) };
  } catch (error: any) {
    if (signal.aborted) {
      throw new Error('Interrupted', { cause: error });
    }
    // "fetch failed" hides what happened in its cause.
    const why = timeout.aborted
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : error.cause?.code ?? error.cause?.message ?? error.message;
    throw new Error(
      `"${
        new URL(url).origin
      }" cannot be reached: ${why}; look at the URL, and whether the backend runs`,
      { cause: error },
    );
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The message of an error in Backstage's form. */
export function errorMessage({ body }: Answer): string | undefined {
  const message = body?.error?.message;
  return typeof message === 'string' ? escapeControls(message) : undefined;
}

/** What answers is not this module. */
export function strange(url: string, { status, headers }: Answer): Error {
  const type = headers.get('content-type') ?? 'no content';
  const location = headers.get('location');
  const what = location ? `a redirect to "${location}"` : type;
  return new InputError(
    escapeControls(
      `"${url}" answered ${status} (${what}), which a Backstage backend with this module does not; look at the URL, and at what stands in front of the backend`,
    ),
  );
}
