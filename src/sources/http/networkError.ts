import { isError } from '@backstage/errors';
import { SourceError } from '../../lib/errors';
import { describeTarget, type RequestTarget } from './requestTarget';

/** A cause further down than this is a cycle, or of no interest. */
const MAX_CAUSES = 8;

/**
 * Makes a `SourceError` of code `network` of what `fetch` or a body's stream
 * threw. Both hide what happened ("fetch failed", "terminated") in a cause,
 * whose system code, such as `ECONNREFUSED`, goes into the message.
 */
export function networkError(
  target: RequestTarget,
  cause: unknown,
): SourceError {
  const code = systemCode(cause);
  return new SourceError(
    `${describeTarget(target)} failed${code ? ` with ${code}` : ''}; check ` +
      `the URL, the proxy settings and whether the server is up`,
    { code: 'network', cause },
  );
}

function systemCode(error: unknown): string | undefined {
  let current = error;
  let code: string | undefined;
  for (let depth = 0; depth < MAX_CAUSES && isError(current); depth++) {
    // The innermost one is what happened; those around it are its wrappers.
    code = typeof current.code === 'string' ? current.code : code;
    current = current.cause;
  }
  return code;
}
