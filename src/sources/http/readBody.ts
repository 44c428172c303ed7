import { tooLargeError } from '../json/answerErrors';
import { networkError } from './networkError';
import type { RequestTarget } from './requestTarget';
import type { Countdown } from './timeLimit';

/**
 * The bytes of a body, piece by piece, up to its end or to `maxBytes`. What
 * counts is the decoded size, and no more is decoded than that: a small
 * compressed body may hide gigabytes. The countdown stands still while somebody
 * works on a piece.
 *
 * Throws a `SourceError` of code `too-large` or `network`, or the reason of the signal.
 */
export async function* readBody(options: {
  target: RequestTarget;
  response: Response;
  maxBytes: number;
  countdown: Countdown;
  signal: AbortSignal;
}): AsyncGenerator<Uint8Array, void> {
  const { target, response, maxBytes, countdown } = options;
  if (Number(response.headers.get('content-length')) > maxBytes) {
    throw tooLargeError(target, maxBytes);
  }
  let size = 0;
  for await (const chunk of readStream(options)) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw tooLargeError(target, maxBytes);
    }
    countdown.pause();
    yield chunk;
    countdown.resume();
  }
  countdown.pause();
}

/** What fails in here is the stream, and never who works on its pieces. */
async function* readStream(options: {
  target: RequestTarget;
  response: Response;
  signal: AbortSignal;
}): AsyncGenerator<Uint8Array, void> {
  const { target, response, signal } = options;
  try {
    // Leaving the loop cancels the stream, and with it the connection.
    for await (const chunk of response.body ?? []) {
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(target, error);
  }
}
