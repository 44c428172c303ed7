import type { Validators } from '../model/source';

interface ValidatorColumns {
  etag: string | null;
  last_modified: string | null;
}

export function toValidators(row: ValidatorColumns): Validators | undefined {
  if (row.etag === null && row.last_modified === null) {
    return undefined;
  }
  return {
    etag: row.etag ?? undefined,
    lastModified: row.last_modified ?? undefined,
  };
}

export function fromValidators(validators?: Validators): ValidatorColumns {
  return {
    etag: validators?.etag ?? null,
    last_modified: validators?.lastModified ?? null,
  };
}
