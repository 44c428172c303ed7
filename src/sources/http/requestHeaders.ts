import { SourceError } from '../../lib/errors';
import type { Validators } from '../RecordSource';
import { describeTarget, type RequestTarget } from './requestTarget';

/**
 * Headers of a conditional GET (RFC 9110, section 13.1): the configured ones,
 * `Accept` unless they set it, and the validators where there are any.
 *
 * Throws a `SourceError` of code `network` that names a header which cannot be sent.
 */
export function buildRequestHeaders(options: {
  target: RequestTarget;
  headers: Record<string, string>;
  validators?: Validators;
}): Headers {
  const { target, headers, validators } = options;
  const result = new Headers({ accept: 'application/json' });
  for (const [name, value] of Object.entries(headers)) {
    setHeader({ result, name, value, target });
  }
  for (const [name, value] of conditions(validators)) {
    setHeader({ result, name, value, target });
  }
  return result;
}

/** Whether a request with these validators may be answered with 304. */
export function isConditional(validators: Validators | undefined): boolean {
  return conditions(validators).length > 0;
}

function conditions(validators: Validators = {}): [string, string][] {
  const { etag, lastModified } = validators;
  return [
    ...(etag ? [['if-none-match', etag] as [string, string]] : []),
    ...(lastModified
      ? [['if-modified-since', lastModified] as [string, string]]
      : []),
  ];
}

function setHeader(options: {
  result: Headers;
  name: string;
  value: string;
  target: RequestTarget;
}): void {
  const { result, name, value, target } = options;
  try {
    result.set(name, value);
  } catch {
    // Not kept as the cause: its message quotes the value, which may be a secret.
    throw new SourceError(
      `${describeTarget(target)} was not sent: the header ` +
        `${JSON.stringify(name)} has a name or value that HTTP does not ` +
        `allow; correct 'headers'`,
      { code: 'network' },
    );
  }
}
