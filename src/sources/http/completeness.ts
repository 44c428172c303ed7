import type { JsonObject, JsonValue } from '@backstage/types';
import { describeShape, fieldPath, isObject } from '../../lib/values';
import type { WholeAnswer } from './fetchAnswer';
import type { PageContent } from './readPage';

/** What the answers so far say about the list beside its records. */
export interface Signs {
  /** An error beside the records, in words. */
  error?: string;
  /** The last total that was stated. */
  total?: { name: string; count: number };
  /** The key that says that there is more, on the last page. */
  more?: string;
}

const ERRORS = ['error', 'errors'];
/** Not `count`, which often is the number of records on the page. */
const TOTALS = ['total', 'totalCount', 'totalItems', '@odata.count'];
const MORE = ['hasMore', 'has_more'];

type Page = Pick<WholeAnswer<PageContent>, 'value' | 'total'>;

/**
 * The signs of one page, in the objects on the path to its list. A total is
 * compared only where `records` is that path, and so takes all that is counted.
 */
export function signsOf(page: Page, listPath?: readonly string[]): Signs {
  const around = [...objectsAround(page.value.answer, listPath ?? [])];
  const find = (keys: string[], isSign: (value?: JsonValue) => boolean) =>
    around
      .flatMap(({ at, object }) =>
        keys.map(key => ({
          name: at ? fieldPath(at, key) : key,
          value: object[key],
        })),
      )
      .find(({ value }) => isSign(value));
  const error = find(ERRORS, isFilled);
  const more = find(MORE, value => value === true);
  const header = { name: 'X-Total-Count', value: page.total };
  const total =
    toCount(page.total) === undefined
      ? find(TOTALS, value => toCount(value) !== undefined)
      : header;
  return {
    ...(error && { error: `"${error.name}", ${describeShape(error.value)}` }),
    ...(total &&
      listPath && {
        total: { name: total.name, count: toCount(total.value)! },
      }),
    more: more?.name,
  };
}

/** Why the list may not be whole; undefined if nothing says so. */
export function incompleteBecause(options: {
  signs: Signs;
  /** Records of all pages. */
  records: number;
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
  signs: { error, total, more },
  records,
}: {
  signs: Signs;
  records: number;
}): string | undefined {
  if (error) {
    return `the answer has ${error}`;
  }
  if (total && total.count > records) {
    return `the answer says "${total.name}": ${total.count}, and ${records} records came`;
  }
  return more && `the answer says "${more}": true, and there is no next page`;
}

function describe(value: JsonValue | undefined): string {
  return value === false ? 'false' : describeShape(value);
}

/** The answer, if it is an object, and the objects in it that lead to the list. */
function* objectsAround(
  answer: JsonValue,
  [name, ...rest]: readonly string[],
  at = '',
): Generator<{ at: string; object: JsonObject }> {
  if (isObject(answer)) {
    yield { at, object: answer };
    if (name !== undefined) {
      yield* objectsAround(answer[name] ?? null, rest, fieldPath(at, name));
    }
  }
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
