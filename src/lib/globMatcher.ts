/**
 * Tests whether a text matches one of several patterns. `*` matches any text,
 * everything else is literal. It uses no regular expressions, so that no text
 * can make it slow.
 */
export function createGlobMatcher(
  patterns: string[],
): (text: string) => boolean {
  const globs = patterns.map(pattern => pattern.split('*'));
  return text => globs.some(parts => matches(parts, text));
}

function matches(parts: string[], text: string): boolean {
  const [first, ...between] = parts;
  const last = between.pop();
  if (last === undefined) {
    return text === first;
  }
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) {
    return false;
  }
  return containsInOrder(between, text.slice(first.length, end));
}

/** Takes each part as early as possible, which leaves the most text for the next ones. */
function containsInOrder(parts: string[], text: string): boolean {
  let position = 0;
  return parts.every(part => {
    const found = text.indexOf(part, position);
    position = found + part.length;
    return found !== -1;
  });
}
