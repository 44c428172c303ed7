import { InputError } from '@backstage/errors';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { createGlobMatcher } from '../../lib/globMatcher';
import { quoteValue } from '../../lib/values';
import type { Skipped } from '../../validation/files/finding';

export const MANIFEST = /^catalog-info\.ya?ml$/;
const IGNORED = ['node_modules', '.git'];

export interface FoundFiles {
  /** From the working directory, with `/`. */
  files: string[];
  skipped: Skipped[];
}

/**
 * The files that arguments name: a file itself, the manifests of a directory,
 * what matches a pattern. Throws for an argument that names none.
 */
export function findFiles(args: string[], cwd: string): FoundFiles {
  const found = new Set<string>();
  const skipped: Skipped[] = [];
  for (const arg of args) {
    const { files, skipped: left } = filesOf(arg, cwd);
    files.forEach(file => found.add(file));
    skipped.push(...left);
  }
  return { files: [...found], skipped };
}

function filesOf(arg: string, cwd: string): FoundFiles {
  const stats = statSync(resolve(cwd, arg), { throwIfNoEntry: false });
  if (stats?.isFile()) {
    return { files: [shown(resolve(cwd, arg), cwd)], skipped: [] };
  }
  if (stats?.isDirectory()) {
    const found = walk(arg, cwd, path => MANIFEST.test(path.at(-1)!));
    if (found.files.length + found.skipped.length === 0) {
      throw new InputError(
        `${quoteValue(
          arg,
        )} has no catalog-info.yaml in it; name the files, or a pattern such as "**/*.yaml"`,
      );
    }
    return found;
  }
  if (stats) {
    throw new InputError(
      `${quoteValue(arg)} is neither a file nor a directory`,
    );
  }
  if (!arg.includes('*')) {
    throw new InputError(`There is no file or directory ${quoteValue(arg)}`);
  }
  return filesByPattern(arg, cwd);
}

function filesByPattern(pattern: string, cwd: string): FoundFiles {
  const parts = pattern.split('/');
  const literal = parts.findIndex(part => part.includes('*'));
  const root =
    parts.slice(0, literal).join('/') || (isAbsolute(pattern) ? '/' : '.');
  const globs = parts.slice(literal);
  const isThere = statSync(resolve(cwd, root), { throwIfNoEntry: false });
  const found = isThere?.isDirectory()
    ? walk(root, cwd, path => matchesParts(globs, path))
    : { files: [], skipped: [] };
  if (found.files.length + found.skipped.length === 0) {
    throw new InputError(`No file matches ${quoteValue(pattern)}`);
  }
  return found;
}

/** `**` stands for any number of directories, `*` for any text within a name. */
export function matchesParts(globs: string[], path: string[]): boolean {
  const [glob, ...rest] = globs;
  if (glob === undefined || path.length === 0) {
    return glob === undefined && path.length === 0;
  }
  if (glob === '**') {
    return matchesParts(rest, path) || matchesParts(globs, path.slice(1));
  }
  return (
    createGlobMatcher([glob])(path[0]) && matchesParts(rest, path.slice(1))
  );
}

/** Directories in a fixed order. Links are followed to files within the tree alone. */
function walk(
  root: string,
  cwd: string,
  isWanted: (path: string[]) => boolean,
): FoundFiles {
  const top = resolve(cwd, root);
  const realTop = realpathSync(top);
  const files: string[] = [];
  const skipped: Skipped[] = [];
  const visit = (directory: string, path: string[]) => {
    const entries = readdirSync(directory, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const at = join(directory, entry.name);
      const own = [...path, entry.name];
      if (entry.isDirectory() && !IGNORED.includes(entry.name)) {
        visit(at, own);
      } else if (entry.isFile() && isWanted(own)) {
        files.push(shown(at, cwd));
      } else if (entry.isSymbolicLink() && !IGNORED.includes(entry.name)) {
        const target = statSync(at, { throwIfNoEntry: false });
        const reason = linkFault(at, realTop);
        if (reason && (isWanted(own) || target?.isDirectory())) {
          skipped.push({ file: shown(at, cwd), reason });
        } else if (!reason && isWanted(own) && target?.isFile()) {
          files.push(shown(at, cwd));
        }
      }
    }
  };
  visit(top, []);
  return { files, skipped };
}

function linkFault(link: string, realTop: string): string | undefined {
  try {
    const target = realpathSync(link);
    const isWithin =
      target === realTop || target.startsWith(realTop + sep) || realTop === sep;
    return isWithin
      ? undefined
      : 'a symbolic link that leads out of the directory';
  } catch {
    return 'a symbolic link that leads nowhere';
  }
}

function shown(path: string, cwd: string): string {
  const fromHere = relative(cwd, path);
  const outside = fromHere.startsWith('..') || isAbsolute(fromHere);
  return (outside ? path : fromHere).split(sep).join('/');
}
