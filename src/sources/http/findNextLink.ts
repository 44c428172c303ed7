const TOKEN = /[!#$%&'*+.^_`|~0-9a-z-]+/iy;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const BLANKS = /[\t ]*/y;
const TARGET = /<([^>]*)>/y;

/** Reads a header from left to right; blanks between its parts do not count. */
class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
    this.take(BLANKS);
  }

  atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  sees(character: string): boolean {
    return this.#text[this.#position] === character;
  }

  skip(character: string): boolean {
    const seen = this.sees(character);
    if (seen) {
      this.#position++;
      this.#match(BLANKS);
    }
    return seen;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    const match = this.#match(pattern);
    if (match) {
      this.#match(BLANKS);
    }
    return match;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text) ?? undefined;
    this.#position += match?.[0].length ?? 0;
    return match;
  }
}

/**
 * Finds the link with `rel="next"` in a `Link` header and gives its target as it
 * stands there (RFC 8288, section 3 and appendix B.2).
 *
 * A header that cannot be read up to such a link is `malformed`: whether there is
 * a next page is then unknown, which is not the same as that there is none.
 */
export function findNextLink(
  header: string,
):
  | { type: 'found'; target: string }
  | { type: 'none' }
  | { type: 'malformed' } {
  const scanner = new Scanner(header);
  while (!scanner.atEnd()) {
    if (scanner.skip(',')) {
      continue;
    }
    const target = scanner.take(TARGET);
    const rel = target && readRelation(scanner);
    if (!target || !rel) {
      return { type: 'malformed' };
    }
    if (rel.names.includes('next')) {
      return { type: 'found', target: target[1] };
    }
  }
  return { type: 'none' };
}

/** The relations of a link; of several `rel` the first one counts. */
function readRelation(scanner: Scanner): { names: string[] } | undefined {
  let rel: string | undefined;
  while (scanner.skip(';')) {
    const name = scanner.take(TOKEN)?.[0].toLowerCase();
    if (name === undefined) {
      continue;
    }
    const value = scanner.skip('=') ? readValue(scanner) : '';
    if (value === undefined) {
      return undefined;
    }
    rel ??= name === 'rel' ? value : undefined;
  }
  return scanner.atEnd() || scanner.sees(',')
    ? { names: (rel ?? '').toLowerCase().split(/\s+/) }
    : undefined;
}

function readValue(scanner: Scanner): string | undefined {
  const quoted = scanner.take(QUOTED);
  return quoted ? quoted[1].replace(/\\(.)/gs, '$1') : scanner.take(TOKEN)?.[0];
}
