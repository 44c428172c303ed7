import { z } from 'zod';
import { block, expression, text, wholeNumber } from './primitives';

const DEFAULT_PAGE_SIZE = 100;

const pageSize = wholeNumber(1);

const bounds = {
  /** Name of the query parameter for `pageSize`. Without it, the server chooses the size. */
  sizeParameter: text().optional(),
  /** Records to ask for on a page. */
  pageSize: pageSize.optional(),
  /** A list of more pages is an error. */
  maxPages: wholeNumber(1).prefault(1000),
};

/** How a list comes in pages. */
export const pagination = z.discriminatedUnion('type', [
  block({ type: z.literal('none') }),
  /** A `Link` header with `rel="next"` (RFC 8288), or a link in the answer. */
  block({
    type: z.literal('link'),
    /** Finds the next page's URL in an answer, in place of the header. */
    next: expression.optional(),
    ...bounds,
  }).transform(withPageSize),
  block({
    type: z.literal('cursor'),
    /** Finds the next page's cursor in an answer; no cursor ends the list. */
    next: expression,
    /** Where the cursor is sent: in the query, or in the JSON body of a POST. */
    in: z.enum(['query', 'body']).prefault('query'),
    /** Name of the query parameter that takes the cursor, or its path in the body. */
    parameter: text().prefault('cursor'),
    ...bounds,
  }).transform(withPageSize),
  block({
    type: z.literal('page'),
    parameter: text().prefault('page'),
    /** Number of the first page. */
    first: wholeNumber(0).prefault(1),
    ...bounds,
  }).transform(withPageSize),
  block({
    type: z.literal('offset'),
    parameter: text().prefault('offset'),
    sizeParameter: text().prefault('limit'),
    pageSize: pageSize.prefault(DEFAULT_PAGE_SIZE),
    maxPages: bounds.maxPages,
  }),
]);

export type PaginationSettings = z.output<typeof pagination>;

/** Only a size that is sent has a default. */
function withPageSize<T extends { sizeParameter?: string; pageSize?: number }>(
  value: T,
): T {
  return value.sizeParameter === undefined
    ? value
    : { ...value, pageSize: value.pageSize ?? DEFAULT_PAGE_SIZE };
}
