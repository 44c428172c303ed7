import { InputError } from '@backstage/errors';
import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { quoteValue } from '../../lib/values';
import type { Report } from '../../validation/files/finding';

/** Files from the working directory, with `/`. */
export type FoundFiles = Pick<Report, 'files' | 'skipped'>;

/** From the directory that is looked through. */
const MANIFEST = /(?:^|\/)catalog-info\.ya?ml$/;
/** A workflow that checks manifests is often called like one. */
const IGNORED = /(?:^|\/)(?:node_modules|\.git|\.github\/workflows)$/;

/**
 * The files that arguments name: a file itself, the manifests of a directory,
 * what matches a pattern. Throws for an argument that names none.
 */
export function findFiles(args: string[], cwd: string): FoundFiles {
  const found = args.map(arg => filesOf(arg, cwd));
  return {
    files: [...new Set(found.flatMap(({ files }) => files))],
    skipped: found.flatMap(({ skipped }) => skipped),
  };
}

function filesOf(arg: string, cwd: string): FoundFiles {
  const path = resolve(cwd, arg);
  const stats = statsOf(path);
  if (stats?.isFile()) {
    return { files: [shown(path, cwd)], skipped: [] };
  }
  if (stats && !stats.isDirectory()) {
    throw new InputError(
      `${quoteValue(arg)} is neither a file nor a directory`,
    );
  }
  if (!stats && !arg.includes('*')) {
    throw new InputError(`There is no file or directory ${quoteValue(arg)}`);
  }
  const found = stats
    ? walk({ top: path, cwd, wanted: MANIFEST })
    : filesByPattern(arg, cwd);
  if (found.files.length + found.skipped.length === 0) {
    throw new InputError(
      stats
        ? `${quoteValue(
            arg,
          )} has no catalog-info.yaml in it; name the files, or a pattern such as "**/*.yaml"`
        : `No file matches ${quoteValue(arg)}`,
    );
  }
  return found;
}

function filesByPattern(pattern: string, cwd: string): FoundFiles {
  const [literal] = /^(?:[^*]*\/)?/.exec(pattern)!;
  const top = resolve(cwd, literal);
  return statsOf(top)?.isDirectory()
    ? walk({ top, cwd, wanted: toRegExp(pattern.slice(literal.length)) })
    : { files: [], skipped: [] };
}

/** `**` stands for any number of directories, `*` for any text within a name. */
function toRegExp(pattern: string): RegExp {
  const replacements: Record<string, string> = {
    '**/': '(?:[^/]+/)*',
    '**': '.*',
    '*': '[^/]*',
  };
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*\*|\*/g, stars => replacements[stars]);
  return new RegExp(`^${source}$`);
}

/** Directories in a fixed order. Links are followed to files within the tree alone. */
function walk(options: { top: string; cwd: string; wanted: RegExp }) {
  const { top, cwd, wanted } = options;
  const found: FoundFiles = { files: [], skipped: [] };
  const visit = (directory: string) => {
    const entries = readdirSync(resolve(top, directory), {
      withFileTypes: true,
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = directory ? `${directory}/${entry.name}` : entry.name;
      const file = shown(resolve(top, path), cwd);
      if (IGNORED.test(path)) {
        continue;
      }
      if (entry.isDirectory()) {
        visit(path);
      } else if (entry.isFile() && wanted.test(path)) {
        found.files.push(file);
      } else if (entry.isSymbolicLink()) {
        const { isFile, isDirectory, reason } = readLink(path, top);
        if (reason && (isDirectory || wanted.test(path))) {
          found.skipped.push({ file, reason });
        } else if (!reason && isFile && wanted.test(path)) {
          found.files.push(file);
        }
      }
    }
  };
  visit('');
  return found;
}

/** What a link leads to, or why it is not followed. */
function readLink(
  path: string,
  top: string,
): { isFile?: boolean; isDirectory?: boolean; reason?: string } {
  const link = resolve(top, path);
  const stats = statsOf(link);
  if (!stats) {
    return { reason: 'a symbolic link that leads nowhere' };
  }
  const fromTop = relative(realpathSync(top), realpathSync(link));
  const isOutside = /^\.\.(?:$|[\\/])/.test(fromTop) || isAbsolute(fromTop);
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    reason: isOutside
      ? 'a symbolic link that leads out of the directory'
      : undefined,
  };
}

/** Undefined for what is not there, and for a link that leads to itself. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') {
      return undefined;
    }
    throw error;
  }
}

function shown(path: string, cwd: string): string {
  const fromHere = relative(cwd, path);
  const outside = fromHere.startsWith('..') || isAbsolute(fromHere);
  return (outside ? path : fromHere).split(sep).join('/');
}
