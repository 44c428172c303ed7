import { FunctionError, textOf } from './textOf';

const MAX_URL = 10_000;

/** Whether a text is an absolute http or https URL. */
export function isHttpUrl(text: unknown): boolean | undefined {
  if (text === undefined || text === null) {
    return undefined;
  }
  return parseHttpUrl(text) !== undefined;
}

/** The host of an http or https URL, with the port if it is not the default one. */
export function urlHost(url: unknown): string | undefined {
  return httpUrl('$urlHost', url)?.host;
}

/** `$urlJoin(base, part, …)`: a URL with parts appended to its path. A part may be a list of parts. */
export function urlJoin(
  base: unknown,
  ...parts: unknown[]
): string | undefined {
  const url = httpUrl('$urlJoin', base);
  if (!url || parts.some(part => part === undefined || part === null)) {
    return undefined;
  }
  const segments = parts.flat().map(encodeSegment);
  const joined = [url.pathname.replace(/\/$/, ''), ...segments].join('/');
  if (joined.length > MAX_URL) {
    throw new FunctionError(
      `$urlJoin gives a URL of over ${MAX_URL} characters`,
      base,
    );
  }
  url.pathname = joined;
  return url.href;
}

function encodeSegment(part: unknown): string {
  const text = textOf('$urlJoin', part);
  if (!text || text === '.' || text === '..' || /\p{Cs}/u.test(text)) {
    throw new FunctionError(
      '$urlJoin takes parts that are texts, none of them empty, "." or ".."',
      part,
    );
  }
  return encodeURIComponent(text);
}

function httpUrl(name: string, value: unknown): URL | undefined {
  const text = textOf(name, value);
  if (text === undefined) {
    return undefined;
  }
  const url = parseHttpUrl(text);
  if (!url) {
    throw new FunctionError(
      `${name} takes an absolute http or https URL`,
      value,
    );
  }
  return url;
}

/** Refuses what `URL` would silently correct, such as a line break. */
function parseHttpUrl(text: unknown): URL | undefined {
  return typeof text === 'string' &&
    text.length <= MAX_URL &&
    /^https?:\/\/[^\s\p{Cc}\\]+$/iu.test(text) &&
    URL.canParse(text)
    ? new URL(text)
    : undefined;
}
