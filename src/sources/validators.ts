import type { Validators } from './RecordSource';

interface ValidatorColumns {
  etag: string | null;
  last_modified: string | null;
}

interface ListColumns extends ValidatorColumns {
  page_validators: string | null;
}

/** Those of a list, which may come in pages. */
export function toListValidators(row: ListColumns): Validators | undefined {
  return row.page_validators
    ? { pages: JSON.parse(row.page_validators) }
    : toValidators(row);
}

export function fromListValidators(validators?: Validators): ListColumns {
  const pages = validators?.pages;
  return {
    ...fromValidators(validators),
    page_validators: pages ? JSON.stringify(pages) : null,
  };
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
