import { RE2JS } from 're2js';
import { FunctionError } from './functions/textOf';

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

/** When an evaluation must have ended, as of `Date.now()`. */
export interface Deadline {
  at: number;
}

/** In characters. A match cannot be interrupted, and takes time in proportion to its text. */
const MAX_TEXT = 100_000;

/**
 * The part of a global `RegExp` that JSONata uses. Between two matches it looks
 * at the deadline, which JSONata does not.
 */
export class LinearRegex {
  lastIndex = 0;
  private readonly linear: RE2JS;

  constructor(
    private readonly pattern: RegExp,
    private readonly deadline: Deadline = { at: Infinity },
  ) {
    this.linear = compileLinear(pattern);
  }

  exec(text: string): RegExpExecArray | null {
    if (text.length > MAX_TEXT) {
      throw this.#failure(
        `takes a text of at most ${MAX_TEXT} characters, not of ${text.length}`,
        text,
      );
    }
    if (Date.now() > this.deadline.at) {
      throw this.#failure('was still at work when the time was over', text);
    }
    const matcher = this.linear.matcher(text);
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
  #failure(reason: string, text: string): FunctionError {
    return new FunctionError(
      `the regular expression /${this.pattern.source}/ ${reason}; shorten the text first, as with $substring(text, 0, 1000)`,
      text,
    );
  }
}
