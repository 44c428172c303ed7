import { InputError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import type { Page, PageRequest } from '../model/page';
import { parseInput } from './parseInput';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const query = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(2000).optional(),
});

/** Of times, ids and refs; none has a control character. */
const positionValue = z
  .string()
  .max(500)
  .regex(/^\P{Cc}*$/u);

/** Which part of a list a request asks for; `keys` is how many values name a position in it. */
export function readPage(req: express.Request, keys: number): PageRequest {
  const { limit, cursor } = parseInput(query, req.query);
  return {
    limit,
    after: cursor === undefined ? undefined : decode(cursor, keys),
  };
}

/** A page in Backstage's form. */
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

function decode(cursor: string, keys: number): string[] {
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    return z.array(positionValue).length(keys).parse(JSON.parse(text));
  } catch {
    throw new InputError(
      'The query parameter "cursor" is not one that an answer gave; leave it out for the first page',
    );
  }
}
