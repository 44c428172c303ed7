import type { Command } from '../terminal';

const { runProgram } = require('../../../bin/program');

/** Runs a command line in this process, and gives its output and exit status. */
export async function runCli(
  argv: string[],
  options: {
    commands?: Record<string, { run: Command }>;
    env?: Record<string, string>;
    cwd?: string;
    signal?: AbortSignal;
    onOutput?: (stdout: string) => void;
  } = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  const { commands, env = {}, cwd = process.cwd() } = options;
  const { signal = new AbortController().signal } = options;
  let stdout = '';
  let stderr = '';
  const status = await runProgram({
    argv,
    loadCommand: (name: string) =>
      commands ? commands[name] : require(`../${name}`),
    terminal: {
      stdout: {
        write: (text: string) => {
          stdout += text;
          options.onOutput?.(stdout);
        },
      },
      stderr: { write: (text: string) => (stderr += text) },
      env,
      cwd,
      signal,
    },
  });
  return { status, stdout, stderr };
}
