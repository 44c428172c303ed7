import { createGlobMatcher } from '../lib/globMatcher';
import { LOCATION_TYPE } from '../lib/keys';

/**
 * Whether a pattern of `locations.allow` matches a location's origin. The URL in
 * an origin is compared as it is requested, so that `..` (also written
 * `%2e%2e`) does not lead out of the folder that a pattern names.
 */
export function createOriginMatcher(
  patterns: string[],
): (origin: string) => boolean {
  const matches = createGlobMatcher(patterns.map(lowerCaseHost));
  return origin => {
    const normal = normalizeOrigin(origin);
    return normal !== undefined && matches(normal);
  };
}

/** Undefined for a URL that a server may resolve to another folder. */
function normalizeOrigin(origin: string): string | undefined {
  // The id of a record is checked where it becomes part of a URL.
  if (origin.startsWith(`${LOCATION_TYPE}:`)) {
    return origin;
  }
  const colon = origin.indexOf(':');
  const target = origin.slice(colon + 1);
  if (!/^https?:/i.test(target)) {
    return climbs(target) ? undefined : origin;
  }
  if (!URL.canParse(target)) {
    return undefined;
  }
  const url = new URL(target);
  return climbs(url.pathname)
    ? undefined
    : `${origin.slice(0, colon + 1)}${url.href}`;
}

/** Whether `..` is a segment of a path, however often it is percent-encoded. */
function climbs(path: string): boolean {
  let before: string;
  let decoded = path;
  do {
    before = decoded;
    decoded = before.replace(/%(25|2e|2f|5c)/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  } while (decoded !== before);
  return decoded.split(/[/\\]/).includes('..');
}

/** A normalized URL has its host in lower case. */
function lowerCaseHost(pattern: string): string {
  return pattern.replace(/^url:https?:\/\/[^/]*/i, start =>
    start.toLowerCase(),
  );
}
