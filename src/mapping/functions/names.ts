import { KubernetesValidatorFunctions } from '@backstage/catalog-model';
import { createHash } from 'node:crypto';
import { FunctionError, textOf } from './textOf';

const MAX_NAME = 63;
const HASH_LENGTH = 8;

/** A text as the name of an entity. */
export function entityName(text: unknown): string | undefined {
  return nameFrom('$entityName', text, {
    isValid: name => KubernetesValidatorFunctions.isValidObjectName(name),
    toValid: latin => latin.replace(/[^A-Za-z0-9_.]+/g, '-'),
  });
}

/** A text as a name in lower case. It is also valid as a tag and as a namespace. */
export function slug(text: unknown): string | undefined {
  return nameFrom('$slug', text, {
    isValid: name =>
      name.length <= MAX_NAME && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name),
    toValid: latin => latin.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
  });
}

function nameFrom(
  name: string,
  value: unknown,
  form: { isValid(text: string): boolean; toValid(latin: string): string },
): string | undefined {
  const text = textOf(name, value);
  if (text === undefined || form.isValid(text)) {
    return text;
  }
  const latin = toLatin(text);
  if (latin === undefined) {
    throw new FunctionError(
      `${name} gives no name: the text has letters or digits that a name cannot have; look the text up in a table`,
      text,
    );
  }
  const valid = trim(form.toValid(latin));
  if (!valid) {
    throw new FunctionError(
      `${name} gives no name: the text has no letter or digit`,
      text,
    );
  }
  return valid.length > MAX_NAME ? shorten(valid, text) : valid;
}

/** Cut short, with a hash of the whole text, so that two long texts get two names. */
function shorten(name: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  const start = trim(name.slice(0, MAX_NAME - HASH_LENGTH - 1));
  return `${start}-${hash.slice(0, HASH_LENGTH)}`;
}

/** Without the characters that a name may not begin or end with, in linear time. */
function trim(text: string): string {
  const inner = [...text].map(character => !'-_.'.includes(character));
  return text.slice(
    Math.max(inner.indexOf(true), 0),
    inner.lastIndexOf(true) + 1,
  );
}

/** Letters that have no decomposition in Unicode, with their common replacement. */
const WRITTEN_OUT: Record<string, string> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  ł: 'l',
  Ł: 'L',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
};

/**
 * The text without its diacritics. Undefined if a letter or digit is left that
 * is not ASCII: without it two different texts could get the same name.
 */
function toLatin(text: string): string | undefined {
  const latin = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[\u{80}-\u{10ffff}]/gu, letter => WRITTEN_OUT[letter] ?? letter);
  return /(?=[\u{80}-\u{10ffff}])[\p{L}\p{N}]/u.test(latin) ? undefined : latin;
}
