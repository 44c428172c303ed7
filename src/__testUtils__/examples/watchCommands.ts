import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Stands in front of programs and notes the command lines that they are called
 * with: what everybody on a machine can see.
 */
export async function watchCommands(folder: string, programs: string[]) {
  const bin = join(folder, 'bin');
  const log = join(folder, 'commands');
  await mkdir(bin, { recursive: true });
  for (const program of programs) {
    const [path] = spawnSync('which', [program]).stdout.toString().split('\n');
    await writeFile(
      join(bin, program),
      `#!/bin/sh\nprintf '%s\\n' "${program} $*" >> '${log}'\nexec '${path}' "$@"\n`,
      { mode: 0o755 },
    );
  }
  return {
    path: `${bin}:${process.env.PATH}`,
    commands: () => readFile(log, 'utf8'),
  };
}
