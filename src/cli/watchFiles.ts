import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { dirname, resolve } from 'node:path';

const INTERVAL_MS = 200;

/**
 * Tells when one of some files changes. It looks at them again and again, since
 * editors replace a file rather than write into it, and not every disk tells.
 */
export class FileWatch {
  readonly #watched = new Set<string>();
  #changed = false;
  #onChange = () => {};

  constructor(readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.#stop());
  }

  /** Watches these as well, and what they include. */
  add(files: string[]): void {
    for (const file of withIncluded(files)) {
      if (!this.#watched.has(file) && !this.signal.aborted) {
        this.#watched.add(file);
        watchFile(file, { interval: INTERVAL_MS }, () => this.#tell());
      }
    }
  }

  /** Waits for a change since it was asked last. Gives false if it was aborted before. */
  async changed(): Promise<boolean> {
    if (!this.#changed && !this.signal.aborted) {
      await new Promise<void>(done => {
        this.#onChange = done;
      });
    }
    this.#changed = false;
    return !this.signal.aborted;
  }

  #tell(): void {
    this.#changed = true;
    this.#onChange();
  }

  #stop(): void {
    this.#watched.forEach(file => unwatchFile(file));
    this.#onChange();
  }
}

/** Read from the text, so that a file with a mistake in it does not lose them. */
const INCLUDED = /\$(?:include|file)["']?\s*:\s*["']?([^"'#\s{}]+)/g;

function withIncluded(files: string[], seen = new Set<string>()): Set<string> {
  for (const file of files.filter(name => !seen.has(name))) {
    seen.add(file);
    const names = [...readText(file).matchAll(INCLUDED)].map(([, name]) =>
      resolve(dirname(file), name),
    );
    withIncluded(names, seen);
  }
  return seen;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
