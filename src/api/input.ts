/*
 * Parts of what requests bring, and how it is checked.
 */
import { InputError } from '@backstage/errors';
import express from 'express';
import { z } from 'zod';

/** For a route, never for the router: the catalog's other routes share that. */
export const readJsonBody = express.json({ limit: '100kb', type: () => true });

/** Checks what a request brought. Throws an `InputError` that names every fault. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new InputError(
      parsed.error.issues
        .map(
          ({ path, message }) => `${path.join('.') || 'request'}: ${message}`,
        )
        .join('; '),
    );
  }
  return parsed.data;
}

/** A name, without the characters that a database refuses. */
export const nameInput = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}*$/u, { error: 'has a control character' });

const timeInput = z.iso
  .datetime({
    offset: true,
    error:
      'is no time with a zone, such as "2026-11-22T12:00:00Z"; in a URL the "+" of a zone is "%2B"',
  })
  .transform(value => new Date(value));

/** A time window as two keys of an object; check their order with `isWindowInOrder`. */
export const windowInput = {
  since: timeInput.optional(),
  until: timeInput.optional(),
};

export function isWindowInOrder(window: {
  since?: Date;
  until?: Date;
}): boolean {
  return !window.since || !window.until || window.since < window.until;
}

export const WINDOW_ORDER = {
  path: ['until'],
  error: 'has to be later than "since"',
};

/** The hash of a plan or of a replay. */
export const SHA256_PATTERN = /^[0-9a-f]{64}$/;
