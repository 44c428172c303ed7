/*
 * What requests bring, and how it is checked; lists and their cursors.
 */
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import express from 'express';
import { z } from 'zod';
import type { Page, PageRequest } from '../lib/page';
import { quoteValue } from '../lib/values';
import type { Asked } from './asked';

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

/** An entity ref in full and in lower case. */
export const refInput = nameInput.transform((value, context) => {
  try {
    return stringifyEntityRef(parseEntityRef(value));
  } catch {
    context.addIssue({
      code: 'custom',
      message: 'is no entity ref, such as "component:default/payments"',
    });
    return z.NEVER;
  }
});

const timeInput = z.iso
  .datetime({
    offset: true,
    error:
      'is no time with a zone, such as "2026-11-22T12:00:00Z"; in a URL the "+" of a zone is "%2B"',
  })
  .transform(value => new Date(value));

/** Until when something holds. */
export const untilInput = timeInput;

/** Why somebody does something. */
export const reasonInput = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .regex(/^\P{Cc}*$/u, { error: 'has a control character' });

const refPart = z.string().regex(/^[^\s/:\p{Cc}]{1,255}$/u, {
  error:
    'A part of an entity ref has 1 to 255 characters, none of them a space, ":" or "/"',
});

/** The parameters of a path that names an entity. */
export const refParams = z.object({
  kind: refPart,
  namespace: refPart,
  name: refPart,
});

/** A window of time, to be extended by other filters. Unknown keys are refused. */
export const windowInput = z
  .strictObject({ since: timeInput.optional(), until: timeInput.optional() })
  .refine(({ since, until }) => !since || !until || since < until, {
    path: ['until'],
    error: 'has to be later than "since"',
  });

/** The hash of a plan or of a replay. */
export const SHA256_PATTERN = /^[0-9a-f]{64}$/;

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** How many items to show, of a query or of a body. */
export const limitInput = z
  .unknown()
  .transform((value, context) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= 1 && number <= MAX_LIMIT) {
      return number;
    }
    context.addIssue({
      code: 'custom',
      message: `${quoteValue(value)} is no whole number from 1 to ${MAX_LIMIT}`,
    });
    return z.NEVER;
  })
  .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT })
  .prefault(DEFAULT_LIMIT);

/** Of every list. */
export const pageInput = z.object({
  limit: limitInput,
  cursor: z.string().max(2000).optional(),
});

/** What a cursor holds. PostgreSQL refuses text where a column is a number. */
const POSITION_VALUES = {
  /** Times, ids and refs. None has a control character. */
  text: z
    .string()
    .max(500)
    .regex(/^\P{Cc}*$/u),
  number: z.string().regex(/^\d{1,16}$/),
};

export type PositionValue = keyof typeof POSITION_VALUES;

/** Which page a request asks for. `position` says what its cursor holds. */
export function readPageQuery(
  req: Pick<Asked, 'query'>,
  position: PositionValue[],
): PageRequest {
  const { limit, cursor } = parseInput(pageInput, req.query);
  return {
    limit,
    after: cursor === undefined ? undefined : decode(cursor, position),
  };
}

/** The other query parameters. One that the schema does not have is an error. */
export function readFilter<T>(
  req: Pick<Asked, 'query'>,
  schema: z.ZodType<T>,
): T {
  const { limit, cursor, ...filter } = req.query;
  return parseInput(schema, filter);
}

/** A page in Backstage's form. It has no total if that would count what is hidden. */
export function toListAnswer<T>({ items, totalItems, next }: Page<T>) {
  return {
    items,
    totalItems,
    pageInfo: next ? { nextCursor: encode(next) } : {},
  };
}

function encode(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decode(cursor: string, position: PositionValue[]): string[] {
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    const values = z.array(z.unknown()).length(position.length);
    return values
      .parse(JSON.parse(text))
      .map((value, i) => POSITION_VALUES[position[i]].parse(value));
  } catch {
    throw new InputError(
      'The query parameter "cursor" is not one that an answer gave; leave it out for the first page',
    );
  }
}
