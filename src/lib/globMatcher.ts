/**
 * Whether a text is what one of several patterns stands for. `*` is any text,
 * everything else literal. Without regular expressions, so that no pattern
 * takes long over a text that somebody made up.
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
  return holdsInTurn(between, text.slice(first.length, end));
}

/** Each part as early as it comes, which leaves the most for those after it. */
function holdsInTurn(parts: string[], text: string): boolean {
  let position = 0;
  return parts.every(part => {
    const found = text.indexOf(part, position);
    position = found + part.length;
    return found !== -1;
  });
}
