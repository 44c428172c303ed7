import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder to run in, and one for temporary files. */
export async function createFolders() {
  const root = await mkdtemp(join(tmpdir(), 'examples-'));
  const cwd = join(root, 'work');
  const temporary = join(root, 'temporary');
  await Promise.all([mkdir(cwd), mkdir(temporary)]);
  return {
    cwd,
    temporary,
    leftovers: () => readdir(temporary),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
