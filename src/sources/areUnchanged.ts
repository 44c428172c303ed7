import { SourceError } from '../model/errors';
import type { Validators } from '../model/source';
import type { KnownPage } from './pageValidators';

/** Whether a page is as it was when it gave these validators. */
export type IsUnchanged = (
  url: URL,
  validators?: Validators,
) => Promise<boolean>;

/**
 * Asks about one page after the other, up to one that has changed. A page that
 * is no longer to be had counts as changed, since the server may have given its
 * cursor up: reading the list from its start then tells.
 */
export async function areUnchanged(
  pages: KnownPage[],
  isUnchanged: IsUnchanged,
): Promise<boolean> {
  for (const { url, validators } of pages) {
    try {
      if (!(await isUnchanged(url, validators))) {
        return false;
      }
    } catch (error) {
      if (saysNothingOfPage(error)) {
        throw error;
      }
      return false;
    }
  }
  return true;
}

/** Where the server as a whole cannot be asked, or not now. */
function saysNothingOfPage(error: unknown): boolean {
  return (
    !(error instanceof SourceError) ||
    error.retryAfterMs !== undefined ||
    error.code === 'network' ||
    error.code === 'timeout'
  );
}
