import type { JsonObject, JsonValue } from '@backstage/types';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Control characters and halves of surrogate pairs: no id or ref may have them. */
export const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const MAX_LENGTH = 80;

/** A value as JSON on one line of at most 80 characters, for people to see; undefined for none. */
export function quoteValue(value: unknown): string | undefined {
  const text = toText(value);
  return text === undefined ? undefined : cut(escapeControls(text));
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return JSON.stringify(value.slice(0, 2 * MAX_LENGTH));
  }
  try {
    return value === undefined || typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
  } catch {
    return 'an object that is not JSON';
  }
}

/** Text on one line, in which nothing hides. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

function cut(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_LENGTH)];
  return characters.length > MAX_LENGTH
    ? `${characters.slice(0, MAX_LENGTH - 1).join('')}…`
    : text;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const MAX_PATH_KEY_LENGTH = 80;

/** The path of a member, such as `metadata.links[0]` or `metadata.annotations["custom/owner"]`. */
export function fieldPath(parent: string, key: string | number): string {
  if (typeof key === 'number') {
    return `${parent}[${key}]`;
  }
  if (!IDENTIFIER.test(key)) {
    const quoted = JSON.stringify(key.slice(0, MAX_PATH_KEY_LENGTH));
    return `${parent}[${escapeControls(quoted)}]`;
  }
  return parent ? `${parent}.${key}` : key;
}

const MAX_KEYS = 5;
const MAX_KEY_LENGTH = 40;

/** The type of a value, without its content. Only the names of its keys are shown. */
export function describeShape(value: JsonValue | undefined): string {
  if (value === undefined || value === null) {
    return value === null ? 'null' : 'nothing';
  }
  if (typeof value !== 'object') {
    return `a ${typeof value}`;
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`;
  }
  const keys = Object.keys(value).map(
    key => `"${escapeControls(key.slice(0, MAX_KEY_LENGTH))}"`,
  );
  const more = keys.splice(MAX_KEYS).length ? ', …' : '';
  return keys.length
    ? `an object with the keys ${keys.join(', ')}${more}`
    : 'an object without keys';
}

/** Milliseconds for people to see, such as `20 s` or `0.5 s`. */
export function inSeconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** A number with its noun, such as `1 entity` or `0 entities`. */
export function counted(count: number, noun: string): string {
  const several = `${noun.replace(/y$/, 'ie')}s`;
  return `${count} ${count === 1 ? noun : several}`;
}

/** A copy in which `replace` gives each text anew. What becomes undefined is left out. */
export function mapTexts(
  value: JsonValue | undefined,
  path: string,
  replace: (text: string, path: string) => JsonValue | undefined,
): JsonValue | undefined {
  if (typeof value === 'string') {
    return replace(value, path);
  }
  if (Array.isArray(value)) {
    return value
      .map((item, index) => mapTexts(item, fieldPath(path, index), replace))
      .filter(item => item !== undefined);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.entries(value)
          .map(([key, member]) => [
            key,
            mapTexts(member, fieldPath(path, key), replace),
          ])
          .filter(([, member]) => member !== undefined),
      )
    : value;
}
