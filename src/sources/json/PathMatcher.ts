import { OPEN_ARRAY, OPEN_OBJECT } from './jsonBytes';
import { decodeUtf8 } from './parseAnswer';

/**
 * Follows the names that lead from the root of a JSON text to a list. It is told
 * of the marks that stand in the objects on that way, and of no others.
 */
export class PathMatcher {
  readonly #names: readonly string[];
  /** Which names have come already, by their place. */
  readonly #seen = new Set<number>();
  #depth = 0;
  #expectsKey = false;
  /** Whether the value that comes now is the one that the next name leads to. */
  #matches = true;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Objects on the way that are open. */
  get depth(): number {
    return this.#depth;
  }

  /** Whether a string that begins now is a key. */
  get expectsKey(): boolean {
    return this.#expectsKey;
  }

  /** Takes in a bracket: what it opens. */
  open(byte: number): 'list' | 'object-on-path' | 'other' {
    const isLast = this.#depth === this.#names.length;
    if (!this.#matches || byte !== (isLast ? OPEN_ARRAY : OPEN_OBJECT)) {
      return 'other';
    }
    this.#matches = false;
    if (isLast) {
      return 'list';
    }
    this.#depth++;
    this.#expectsKey = true;
    return 'object-on-path';
  }

  close(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    this.#expectsKey = false;
    this.#matches = false;
  }

  comma(): void {
    this.#expectsKey = this.#depth > 0;
  }

  /**
   * Takes in a key with its quotes. False for a name of the path that comes
   * again, so that two lists could be meant.
   */
  key(bytes: Uint8Array): boolean {
    this.#expectsKey = false;
    const place = this.#depth - 1;
    this.#matches = readKey(bytes) === this.#names[place];
    if (!this.#matches) {
      return true;
    }
    const isNew = !this.#seen.has(place);
    this.#seen.add(place);
    return isNew;
  }
}

/** Undefined for what is no string: then the text is no JSON. */
function readKey(bytes: Uint8Array): string | undefined {
  try {
    return JSON.parse(decodeUtf8(bytes) ?? '');
  } catch {
    return undefined;
  }
}
