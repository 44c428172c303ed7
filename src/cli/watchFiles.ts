import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 200;

/**
 * Tells when one of some files changes. It looks at them again and again, since
 * editors replace a file rather than write into it, and not every disk tells.
 */
export class FileWatch {
  readonly #seen = new Map<string, number | undefined>();

  /** Watches these as they are now, and what they include. */
  add(files: string[]): void {
    for (const file of files.filter(name => !this.#seen.has(name))) {
      this.#seen.set(file, changedAt(file));
      this.add(includedBy(file));
    }
  }

  /** Waits for a change. Gives false if it was aborted before. */
  async changed(signal: AbortSignal): Promise<boolean> {
    const isSame = ([file, time]: [string, number | undefined]) =>
      changedAt(file) === time;
    while (!signal.aborted && [...this.#seen].every(isSame)) {
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
    return !signal.aborted;
  }
}

function changedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** Read from the text, so that a file with a mistake in it does not lose them. */
const INCLUDED = /\$(?:include|file)["']?\s*:\s*["']?([^"'#\s{}]+)/g;

function includedBy(file: string): string[] {
  try {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(INCLUDED)].map(([, name]) =>
      resolve(dirname(file), name),
    );
  } catch {
    return [];
  }
}
