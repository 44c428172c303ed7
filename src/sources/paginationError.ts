import { SourceError } from '../model/errors';

export function paginationError(source: string, fault: string): SourceError {
  return new SourceError(
    `source '${source}': the list is not complete: the server gave ${fault}`,
    { code: 'pagination' },
  );
}
