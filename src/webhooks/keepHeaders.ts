import type { IncomingHttpHeaders } from 'node:http';

/** What helps to find a request again elsewhere; never a signature or a token. */
const KEPT = ['content-type', 'user-agent', 'x-request-id', 'traceparent'];

const MAX_LENGTH = 256;

/** Those of a request's headers that are kept with its delivery. */
export function keepHeaders(
  headers: IncomingHttpHeaders,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT) {
    const value = headers[name];
    if (typeof value === 'string') {
      kept[name] = value.slice(0, MAX_LENGTH);
    }
  }
  return kept;
}
