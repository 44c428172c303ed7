import type { JsonValue } from '@backstage/types';
import { describeShape, fieldPath, isObject } from '../../lib/values';
import type { WholeAnswer } from './fetchAnswer';
import type { PageContent } from './readPage';

/** What the answers so far say about the list beside its records. */
export interface Signs {
  /** An error beside the records, or that the list was cut, in words. */
  fault?: string;
  /** The last total that was stated. */
  total?: { name: string; count: number };
  /** The key that says that there is more, on the last page. */
  more?: string;
  /** What names a next page, on the last page. */
  next?: string;
}

// Keys are compared in lower case, without `-` and `_`.
const ERRORS = /^errors?$/;
const CUT = /^((is)?truncated|partial|incompleteresults|timedout)$/;
/** Not `count`, which often is the number of records on the page. */
const TOTALS = /^(total(count|items|records|results|elements)?|@odata\.count)$/;
const MORE = /^has(more|next(page)?)$/;
const NEXT =
  /^(next(link|url|page|pageurl|pagetoken|cursor)?|@odata\.nextlink)$/;
/** In these objects beside the list, APIs say more about it. */
const ABOUT = /^(meta(data)?|pagination|paging|page(info)?|links)$/;

/** A `Link` header with the relation `next` (RFC 8288). */
const HAS_NEXT = /;\s*rel\s*=\s*"?(?:[^",;]+\s)?next\b/i;

type Page = Pick<WholeAnswer<PageContent>, 'value' | 'total' | 'link'>;

/**
 * The signs of one page, in the objects on the path to its list and in those
 * beside it that are about it. A total is compared only where `records` is that
 * path, and so takes all that is counted.
 */
export function signsOf(page: Page, listPath?: readonly string[]): Signs {
  const members = [...membersAround(page.value.answer, listPath ?? [])];
  const find = (keys: RegExp, isSign: (value?: JsonValue) => boolean) =>
    members.find(({ key, value }) => keys.test(key) && isSign(value));
  const isTrue = (value?: JsonValue) => value === true;
  const error = find(ERRORS, isFilled);
  const cut = find(CUT, isTrue);
  const header = { name: 'X-Total-Count', value: page.total };
  const total =
    toCount(page.total) === undefined
      ? find(TOTALS, value => toCount(value) !== undefined)
      : header;
  const next = find(NEXT, isFilled);
  return {
    ...(cut && { fault: `says "${cut.name}": true` }),
    ...(error && {
      fault: `has "${error.name}", ${describeShape(error.value)}`,
    }),
    ...(total &&
      listPath && {
        total: { name: total.name, count: toCount(total.value)! },
      }),
    more: find(MORE, isTrue)?.name,
    next: HAS_NEXT.test(page.link ?? '') ? 'Link' : next?.name,
  };
}

/** Why the list may not be whole; undefined if nothing says so. */
export function incompleteBecause(options: {
  signs: Signs;
  /** Records of all pages. */
  records: number;
  /** Whether the source is read page by page. */
  isPaged: boolean;
  /** What the key `complete` gives, which replaces all signs. */
  complete?: { value: JsonValue | undefined };
}): string | undefined {
  const { complete } = options;
  if (complete) {
    return complete.value === true
      ? undefined
      : `the list may not be whole: the key "complete" of the source gives ${describe(
          complete.value,
        )} for the answer of its last page`;
  }
  const sign = describeSign(options);
  return (
    sign &&
    `the list may not be whole: ${sign}; if it is whole all the same, set "complete: true" for the source`
  );
}

function describeSign({
  signs: { fault, total, more, next },
  records,
  isPaged,
}: {
  signs: Signs;
  records: number;
  isPaged: boolean;
}): string | undefined {
  if (fault) {
    return `the answer ${fault}`;
  }
  if (total && total.count > records) {
    return `the answer says "${total.name}": ${total.count}, and ${records} records came`;
  }
  if (more) {
    return `the answer says "${more}": true, and there is no next page`;
  }
  return next && !isPaged
    ? `the answer names a next page in "${next}", and the source has no "pagination"`
    : undefined;
}

function describe(value: JsonValue | undefined): string {
  return value === false ? 'false' : describeShape(value);
}

interface Member {
  /** The path in the answer. */
  name: string;
  /** As the patterns have it. */
  key: string;
  value?: JsonValue;
}

/** The members of the answer and of the objects in it that lead to the list or are about it. */
function* membersAround(
  answer: JsonValue,
  [next, ...rest]: readonly string[],
  at = '',
): Generator<Member> {
  for (const member of membersOf(answer, at)) {
    yield member;
    if (ABOUT.test(member.key)) {
      yield* membersOf(member.value, member.name);
    }
  }
  if (isObject(answer) && next !== undefined) {
    yield* membersAround(answer[next] ?? null, rest, fieldPath(at, next));
  }
}

function membersOf(value: JsonValue | undefined, at: string): Member[] {
  return isObject(value)
    ? Object.entries(value).map(([key, member]) => ({
        name: at ? fieldPath(at, key) : key,
        key: key.replace(/[-_]/g, '').toLowerCase(),
        value: member,
      }))
    : [];
}

/** APIs also say that there is no error: `false`, `0`, `null`, `""`, `[]` or `{}`. */
function isFilled(value?: JsonValue): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length > 0
    : Boolean(value) && String(value).trim() !== '';
}

function toCount(value: JsonValue | undefined): number | undefined {
  return /^\d+$/.test(String(value)) ? Number(value) : undefined;
}
