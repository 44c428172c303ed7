import { mockApis } from '@backstage/frontend-test-utils';
import { API_VERSION, CustomDataClient, customDataApiRef } from '../api/client';

/** What a test's backend says to a call: a body, or a status with a body. */
export type TestAnswer = object | ((request: Request) => Response);

export interface TestCall {
  /** Such as `GET /sources?limit=20`. */
  call: string;
  body?: unknown;
}

/** An answer as Backstage gives it for an error. */
export function refuse(statusCode: number, name: string, message: string) {
  return () =>
    Response.json(
      { error: { name, message }, response: { statusCode } },
      { status: statusCode },
    );
}

/**
 * The plugin's client before a backend that answers calls such as
 * `GET /sources`, for `apis` of `renderInTestApp`. `calls` is what was asked.
 */
export function serveAnswers(
  answers: Record<string, TestAnswer>,
  { version = API_VERSION }: { version?: string } = {},
) {
  const calls: TestCall[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    // The signal of jsdom is not one that a request of Node takes.
    const input = new Request(url, { ...init, signal: undefined });
    const { pathname, search } = new URL(url);
    const path = pathname.replace('/api/catalog/custom-data', '');
    if (path === '/openapi.json') {
      return Response.json({ openapi: '3.1.0', info: { version } });
    }
    const text = await input.clone().text();
    calls.push({
      call: `${input.method} ${decodeURIComponent(path)}${search}`,
      ...(text && { body: JSON.parse(text) }),
    });
    const answer = answers[`${input.method} ${decodeURIComponent(path)}`];
    if (answer === undefined) {
      return refuse(404, 'NotFoundError', `No answer for "${path}"`)();
    }
    return typeof answer === 'function' ? answer(input) : Response.json(answer);
  };
  const client = new CustomDataClient({
    discoveryApi: mockApis.discovery({ baseUrl: 'http://backend' }),
    fetchApi: { fetch: fetch as typeof globalThis.fetch },
  });
  return { api: [customDataApiRef, client] as const, calls };
}
