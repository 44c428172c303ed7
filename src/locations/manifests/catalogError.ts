import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  toError,
} from '@backstage/errors';

const KINDS = { ConflictError, InputError, NotAllowedError, NotFoundError };

/** The error that the catalog answered with, without the request that carried it. */
export function toCatalogError(thrown: unknown): Error {
  const { body } = Object(thrown) as {
    body?: { error?: { name?: string; message?: string } };
  };
  const { name, message } = body?.error ?? {};
  const Kind = KINDS[name as keyof typeof KINDS];
  return Kind ? new Kind(message) : toError(thrown);
}
