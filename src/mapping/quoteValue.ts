import { isJsonataFunction } from './toJson';

const LONGEST = 80;

/** A value as JSON on one line of at most 80 characters, for people to see; undefined for none. */
export function quoteValue(value: unknown): string | undefined {
  const text = jsonOf(value)?.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    escapeCharacter,
  );
  return text === undefined ? undefined : cut(text);
}

function jsonOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'string':
      return JSON.stringify(value.slice(0, 2 * LONGEST));
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return describeContainer(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeContainer(value: object | null): string | undefined {
  if (value !== null && isJsonataFunction(value)) {
    return 'a function';
  }
  try {
    return JSON.stringify(value);
  } catch {
    // A function inside, whose scope leads back to itself.
    return 'an object that is no JSON';
  }
}

function escapeCharacter(character: string): string {
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

function cut(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST)];
  return characters.length > LONGEST
    ? `${characters.slice(0, LONGEST - 1).join('')}…`
    : text;
}
