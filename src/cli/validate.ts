import { InputError } from '@backstage/errors';
import {
  existsSync,
  openSync,
  closeSync,
  readFileSync,
  fstatSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { suggest } from '../config/messages';
import { quoteValue } from '../lib/values';
import { FileChecker, MAX_FILE_BYTES } from '../validation/files/FileChecker';
import { countOf } from '../validation/files/finding';
import { type Call, createPaint, STATUS, type Terminal } from './terminal';
import { askCatalog } from './validate/askCatalog';
import { findFiles } from './validate/findFiles';
import { FORMATS } from './validate/formats';
import { loadRules } from './validate/loadRules';

export interface ValidateOptions {
  path?: string[];
  config?: string;
  catalog?: string;
  token?: string;
  strictRefs?: boolean;
  format?: string;
  maxWarnings?: string;
}

/** `validate`: checks files before the catalog reads them. */
export async function run({
  args,
  options,
  terminal,
}: Call<ValidateOptions>): Promise<number> {
  const { cwd, stdout } = terminal;
  const format = readFormat(options.format ?? 'text');
  const maxWarnings = readMaxWarnings(options.maxWarnings);
  const checker = new FileChecker(loadRules(options.config, cwd));
  const named = [...args, ...(options.path ?? [])];
  const { files, skipped } = findFiles(named.length ? named : ['.'], cwd);
  checker.skipped.push(...skipped);
  for (const file of files) {
    terminal.signal.throwIfAborted();
    await checkFile(checker, file, cwd);
  }
  checker.finish({
    ...(await findUnresolved(checker.unresolvedRefs(), options, terminal)),
    hasTarget: (file, target) =>
      existsSync(resolve(cwd, dirname(file), target)),
  });
  stdout.write(format(checker, createPaint(stdout, terminal)));
  const isFaulty =
    countOf(checker, 'error') > 0 || countOf(checker, 'warning') > maxWarnings;
  return isFaulty ? STATUS.PROBLEMS : STATUS.OK;
}

function readFormat(name: string) {
  if (!Object.hasOwn(FORMATS, name)) {
    throw new InputError(
      `--format is ${quoteValue(name)}; ${suggest(name, Object.keys(FORMATS))}`,
    );
  }
  return FORMATS[name];
}

function readMaxWarnings(value: string | undefined): number {
  if (value !== undefined && !/^\d{1,9}$/.test(value)) {
    throw new InputError(
      `--max-warnings must be a whole number, not ${quoteValue(value)}`,
    );
  }
  return value === undefined ? Infinity : Number(value);
}

async function checkFile(
  checker: FileChecker,
  file: string,
  cwd: string,
): Promise<void> {
  const fd = openSync(resolve(cwd, file), 'r');
  try {
    const { size } = fstatSync(fd);
    if (size > MAX_FILE_BYTES) {
      const reason = `has ${size} bytes, and a manifest may have ${MAX_FILE_BYTES}`;
      checker.refuse(file, 'file-too-large', reason);
    } else {
      await checker.check(file, readFileSync(fd));
    }
  } finally {
    closeSync(fd);
  }
}

/** Without a catalog to ask, a repository names much that other repositories give. */
async function findUnresolved(
  refs: Set<string>,
  { catalog, token, strictRefs }: ValidateOptions,
  { env, signal }: Terminal,
) {
  if (catalog === undefined) {
    return { unresolved: strictRefs ? refs : new Set<string>() };
  }
  const unresolved = await askCatalog([...refs], {
    url: catalog,
    token: token ?? env.CATALOG_TOKEN,
    signal,
  });
  return { unresolved, asked: 'the catalog' };
}
