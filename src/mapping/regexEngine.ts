import { RE2JS } from 're2js';

const compiled = new WeakMap<RegExp, RE2JS>();

/**
 * Compiles a pattern for RE2, whose time is linear in the text. JSONata's time
 * limit cannot interrupt a match that backtracks. Throws for a pattern that
 * needs backtracking: look-around and back-references.
 */
export function compileLinear(pattern: RegExp): RE2JS {
  const known = compiled.get(pattern);
  if (known) {
    return known;
  }
  try {
    const linear = RE2JS.compile(RE2JS.translateRegExp(pattern));
    compiled.set(pattern, linear);
    return linear;
  } catch (error) {
    throw new Error(
      `the regular expression /${pattern.source}/ is not supported (${
        (error as Error).message
      }); look-ahead, look-behind and back-references cannot be used`,
    );
  }
}

/** The part of a global `RegExp` that JSONata uses. */
export class LinearRegex {
  lastIndex = 0;
  private readonly pattern: RE2JS;

  constructor(pattern: RegExp) {
    this.pattern = compileLinear(pattern);
  }

  exec(text: string): RegExpExecArray | null {
    const matcher = this.pattern.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, group) => matcher.group(group) ?? undefined,
    );
    return Object.assign(groups, {
      index: matcher.start(),
      input: text,
    }) as RegExpExecArray;
  }
}
