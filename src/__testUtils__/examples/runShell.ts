import { execFile, spawnSync } from 'node:child_process';

/** How long a script may take. */
const LIMIT_MS = 60_000;

export interface ShellResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a shell with no variables but PATH and those given, as a fresh job would. */
export function runShell(options: {
  /** The shell and its arguments. */
  command: string[];
  env: Record<string, string>;
  cwd: string;
}): Promise<ShellResult> {
  const [file, ...args] = options.command;
  const { cwd, env } = options;
  return new Promise(resolve => {
    execFile(
      file,
      args,
      {
        cwd,
        env: { PATH: process.env.PATH, ...env },
        timeout: LIMIT_MS,
        maxBuffer: 10_000_000,
      },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : undefined;
        resolve({ code: code ?? (error ? -1 : 0), stdout, stderr });
      },
    );
  });
}

/** Those of these programs that this machine does not have. */
export function missingTools(tools: string[]): string[] {
  return tools.filter(tool => spawnSync('which', [tool]).status !== 0);
}
