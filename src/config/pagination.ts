import { z } from 'zod';
import { choiceByType } from './choices';
import { block } from './containers';
import { expression } from './expression';
import type { PaginationSettings } from './settings';
import { isObject, numberIn, quote, text } from './values';

const DEFAULT_PAGE_SIZE = 100;
const DEFAULT_MAX_PAGES = 1000;

const maxPages = numberIn({ min: 1, integer: true }).default(DEFAULT_MAX_PAGES);
const pageSize = numberIn({ min: 1, integer: true });

/** A size that is asked for has a default; one that nobody asks for is the server's. */
const bounds = {
  sizeParameter: text().optional(),
  pageSize: pageSize.optional(),
  maxPages,
};

function withPageSize<T extends { sizeParameter?: string; pageSize?: number }>(
  value: T,
): T {
  return value.sizeParameter === undefined
    ? value
    : { ...value, pageSize: value.pageSize ?? DEFAULT_PAGE_SIZE };
}

const schema: z.ZodType<PaginationSettings> = choiceByType({
  none: block({ type: z.literal('none') }),
  link: block({
    type: z.literal('link'),
    next: expression.optional(),
    ...bounds,
  }).transform(value => withPageSize(value)),
  cursor: block({
    type: z.literal('cursor'),
    next: expression,
    parameter: text().default('cursor'),
    ...bounds,
  }).transform(value => withPageSize(value)),
  page: block({
    type: z.literal('page'),
    parameter: text().default('page'),
    first: numberIn({ min: 0, integer: true }).default(1),
    ...bounds,
  }).transform(value => withPageSize(value)),
  offset: block({
    type: z.literal('offset'),
    parameter: text().default('offset'),
    sizeParameter: text().default('limit'),
    pageSize: pageSize.default(DEFAULT_PAGE_SIZE),
    maxPages,
  }),
});

/** How a list comes in pages. */
export const pagination = schema;

const NAME = /`[^`]+`|(?!\d)[^\s`$"'.,:;?!#@&|=<>~^*+\-/%()[\]{}]+/.source;
/** Names joined by dots, and nothing that could take a record away. */
const PLAIN_PATH = new RegExp(
  `^\\s*(?:${NAME})(?:\\s*\\.\\s*(?:${NAME}))*\\s*$`,
);

/**
 * Says what is wrong with `records` beside this pagination, both raw: where an
 * empty page ends the list, nothing but the API may empty one.
 */
export function describeUnsafeRecords(
  paging: unknown,
  records: unknown,
): string | undefined {
  const type = isObject(paging) ? paging.type : undefined;
  if (
    (type !== 'page' && type !== 'offset') ||
    typeof records !== 'string' ||
    // Either has a fault of its own.
    records.trim() === '' ||
    records.includes('${{') ||
    PLAIN_PATH.test(records)
  ) {
    return undefined;
  }
  return `${quote(
    records,
  )} is more than a path; with pagination by ${type}, a page that it leaves nothing of would look like the end of the list. Write the path alone, such as "data.services", and let the API filter, or use pagination by link or cursor`;
}
