/*
 * Lists: which page and what else a request asks for, and the answer.
 */
import { InputError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import type { Page, PageRequest } from '../lib/page';
import { parseInput } from './input';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const query = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
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
export function readPage(
  req: express.Request,
  position: PositionValue[],
): PageRequest {
  const { limit, cursor } = parseInput(query, req.query);
  return {
    limit,
    after: cursor === undefined ? undefined : decode(cursor, position),
  };
}

/** The other query parameters. One that the schema does not have is an error. */
export function readFilter<T>(req: express.Request, schema: z.ZodType<T>): T {
  const { limit, cursor, ...filter } = req.query;
  return parseInput(schema, filter);
}

/** A page in Backstage's form. It has no total if that would count what is hidden. */
export function toListAnswer<T>({
  items,
  totalItems,
  next,
}: Omit<Page<T>, 'totalItems'> & { totalItems?: number }) {
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
    const values = z
      .array(z.unknown())
      .length(position.length)
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return position.map((type, i) => POSITION_VALUES[type].parse(values[i]));
  } catch {
    throw new InputError(
      'The query parameter "cursor" is not one that an answer gave; leave it out for the first page',
    );
  }
}
