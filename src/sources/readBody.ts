import { SourceError } from '../model/errors';
import { discardBody } from './discardBody';
import { networkError } from './networkError';
import { describeTarget, type RequestTarget } from './requestTarget';

/**
 * Reads a body up to its end, or up to `maxBytes`. What counts is the decoded
 * size, and no more is decoded than that: a small compressed body may hide
 * gigabytes.
 *
 * Throws a `SourceError` of code `too-large` or `network`, or the reason of the signal.
 */
export async function readBody(options: {
  target: RequestTarget;
  response: Response;
  maxBytes: number;
  signal: AbortSignal;
}): Promise<Uint8Array> {
  const { target, response, maxBytes, signal } = options;
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await discardBody(response);
    throw tooLargeError(target, maxBytes);
  }
  const chunks: Uint8Array[] = [];
  try {
    let size = 0;
    // Leaving the loop cancels the stream, and with it the connection.
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) {
        throw tooLargeError(target, maxBytes);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SourceError ? error : networkError(target, error);
  }
  return Buffer.concat(chunks);
}

function tooLargeError(target: RequestTarget, maxBytes: number): SourceError {
  return new SourceError(
    `${describeTarget(target)} answered with more than ${maxBytes} bytes; if ` +
      `that is right, raise 'request.maxBytes'`,
    { code: 'too-large' },
  );
}
