import { InputError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import type { Page, PageRequest } from '../lib/page';
import { parseInput } from './parseInput';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const query = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(2000).optional(),
});

/** What names a position in a list; a database takes no other where it has numbers. */
const POSITION_VALUES = {
  /** Times, ids and refs; none has a control character. */
  text: z
    .string()
    .max(500)
    .regex(/^\P{Cc}*$/u),
  number: z.string().regex(/^\d{1,16}$/),
};

export type PositionValue = keyof typeof POSITION_VALUES;

/** Which part of a list a request asks for; `position` is what names a place in it. */
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

/** What else a list is asked for; a parameter that the schema does not have is a fault. */
export function readFilter<T>(req: express.Request, schema: z.ZodType<T>): T {
  const { limit, cursor, ...filter } = req.query;
  return parseInput(schema, filter);
}

/** A part of a list that is at hand, sorted by name. */
export function pageByName<T extends { name: string }>(
  all: T[],
  { limit, after }: PageRequest,
): Page<T> {
  const rest = after ? all.filter(({ name }) => name > after[0]) : all;
  const items = rest.slice(0, limit);
  return {
    items,
    totalItems: all.length,
    next: rest.length > limit ? [items[limit - 1].name] : undefined,
  };
}

/** A page in Backstage's form; without a total where that would count what is not shown. */
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
