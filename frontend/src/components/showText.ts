/** How much of a text is shown where nothing else is said. */
export const MAX_TEXT = 200;

// Control characters, and marks that change the direction of what stands after them.
const INVISIBLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

const escape = (mark: string) =>
  `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A value of any kind as text that says all that is in it: what would be
 * invisible or turn the text around is written as an escape, and it is cut.
 */
export function showText(value: unknown, max = MAX_TEXT): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  // By code points, so that no pair is cut in two.
  const cut =
    text.length > max
      ? `${[...text.slice(0, max + 1)].slice(0, max).join('')}…`
      : text;
  return cut.replace(INVISIBLE, escape);
}

/** The URL if a browser may follow it: `http` or `https`. */
export function webUrl(value: string | undefined): string | undefined {
  if (value === undefined || !URL.canParse(value)) {
    return undefined;
  }
  return /^https?:$/.test(new URL(value).protocol) ? value : undefined;
}
