/**
 * Whether an origin (a location ref such as `url:https://git.example.com/a.yaml`)
 * is one of those allowed; `*` in a pattern stands for any text.
 */
export function createOriginMatcher(
  patterns: string[],
): (origin: string) => boolean {
  const expressions = patterns.map(
    pattern =>
      new RegExp(
        `^${pattern
          .split('*')
          .map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
          .join('.*')}$`,
        's',
      ),
  );
  return origin => expressions.some(expression => expression.test(origin));
}
