import { isError } from '@backstage/errors';
import { SourceError } from '../lib/errors';

const MAX_LENGTH = 500;

/**
 * An error for the log and the delivery's reason, without what a sender posted.
 *
 * Database errors quote the statement with its values in their message; what
 * has a code of its own is shown as that code.
 */
export function describeError(error: unknown): string {
  if (!isError(error)) {
    return 'unknown error';
  }
  if (typeof error.code === 'string' && !(error instanceof SourceError)) {
    return `${error.name} ${error.code}`.slice(0, MAX_LENGTH);
  }
  return `${error.name}: ${error.message}`.slice(0, MAX_LENGTH);
}
