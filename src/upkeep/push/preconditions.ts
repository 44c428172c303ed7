/*
 * Conditional requests: `If-Match` and `If-None-Match` of RFC 9110, section 13.
 * Our entity tags are strong. There is no `Last-Modified`, so `If-Unmodified-Since`
 * is ignored, as the RFC demands.
 */
import { InputError } from '@backstage/errors';
import { quoteValue } from '../../lib/values';

interface EntityTag {
  revision: string;
  isWeak: boolean;
}

/** `*` stands for any present version. */
type Tags = '*' | EntityTag[];

export interface Preconditions {
  ifMatch?: Tags;
  ifNoneMatch?: Tags;
}

/** Reads the two headers. Throws an `InputError` for what is no list of entity tags. */
export function readPreconditions(headers: {
  'if-match'?: string;
  'if-none-match'?: string;
}): Preconditions {
  return {
    ifMatch: readTags('If-Match', headers['if-match']),
    ifNoneMatch: readTags('If-None-Match', headers['if-none-match']),
  };
}

/** The members of the list, which may be empty (RFC 9110, section 5.6.1.2). */
const MEMBER = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;

function readTags(header: string, value: string | undefined): Tags | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (value.trim() === '*') {
    return '*';
  }
  const tags: EntityTag[] = [];
  const member = new RegExp(MEMBER);
  while (member.lastIndex < value.length) {
    const match = member.exec(value);
    if (!match) {
      throw notTags(header, value);
    }
    const [, weak, revision] = match;
    if (revision !== undefined) {
      tags.push({ revision, isWeak: weak !== undefined });
    }
  }
  if (tags.length === 0) {
    throw notTags(header, value);
  }
  return tags;
}

function notTags(header: string, value: string): Error {
  return new InputError(
    `${header}: ${quoteValue(
      value,
    )} is neither "*" nor a list of entity tags; send back the ETag of an answer, with its quotes`,
  );
}

/**
 * Whether a write may go ahead, by the revision that there is now. A weak tag
 * never matches `If-Match` (strong comparison), and is like a strong one in
 * `If-None-Match` (weak comparison).
 */
export function mayWrite(
  { ifMatch, ifNoneMatch }: Preconditions,
  current: string | undefined,
): boolean {
  const isWanted =
    ifMatch === undefined ||
    (ifMatch === '*'
      ? current !== undefined
      : ifMatch.some(tag => !tag.isWeak && tag.revision === current));
  const isUnwanted =
    ifNoneMatch === '*'
      ? current !== undefined
      : ifNoneMatch?.some(({ revision }) => revision === current);
  return isWanted && !isUnwanted;
}

/** Whether a request says what it expects at all. */
export function isConditional(preconditions: Preconditions): boolean {
  return Object.values(preconditions).some(tags => tags !== undefined);
}
