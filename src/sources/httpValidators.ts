/** What a server gave to ask "has it changed?" with (RFC 9110, section 8.8). */
export interface Validators {
  etag?: string;
  lastModified?: string;
  /** Of a list in several pages: those of each page, in order. The two above are then not set. */
  pages?: { url: string; etag?: string; lastModified?: string }[];
}

interface ValidatorColumns {
  etag: string | null;
  last_modified: string | null;
}

interface ListColumns extends ValidatorColumns {
  page_validators: string | null;
}

/** The validators of a list, from a row of the database. */
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

/** The validators of a record, from a row of the database. */
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
