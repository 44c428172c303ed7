import { Readable } from 'node:stream';
import type { Command } from '../terminal';

const { runProgram } = require('../../../bin/program');

/** Runs a command line in this process, and gives its output and exit status. */
export async function runCli(
  argv: string[],
  options: {
    commands?: Record<string, { run: Command }>;
    env?: Record<string, string>;
    /** What is piped into the command; without it, a terminal. */
    stdin?: string | Buffer;
    /** The width of the terminal that it writes to; without it, a pipe. */
    columns?: number;
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
      stdin: Object.assign(Readable.from([options.stdin ?? '']), {
        isTTY: options.stdin === undefined,
      }),
      stdout: {
        isTTY: options.columns !== undefined,
        columns: options.columns,
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
