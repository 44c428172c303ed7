import { escapeControls } from '../lib/values';

/** Where a command writes to, and what it knows of its process. */
export interface Terminal {
  /** Taken when it is asked for. */
  readonly stdin: Input;
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  cwd: string;
  /** Aborted when the user interrupts the command. */
  signal: AbortSignal;
}

export interface Input extends AsyncIterable<Uint8Array | string> {
  isTTY?: boolean;
}

export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  /** The width of a terminal, in characters. */
  columns?: number;
}

/** The exit status of a command. */
export const STATUS = {
  OK: 0,
  /** It ran, and found problems. */
  PROBLEMS: 1,
  /** It was called wrongly, or something could not be reached. */
  FAILED: 2,
} as const;

/** What a command is called with. */
export interface Call<Options = Record<string, unknown>> {
  /** The name of the command. */
  name: string;
  args: string[];
  options: Options;
  terminal: Terminal;
}

/** Gives the exit status. What it throws is shown, and its status is `FAILED`. */
export type Command<Options = any> = (call: Call<Options>) => Promise<number>;

/** Text of an API or of a file, in which nothing steers the terminal. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export type Paint = Record<keyof typeof STYLES, (text: string) => string>;

/** Styles for what is written to an output. Plain where it is no terminal, or where `NO_COLOR` is set. */
export function createPaint(
  output: Output,
  { env }: Pick<Terminal, 'env'>,
): Paint {
  const isPlain = !output.isTTY || Boolean(env.NO_COLOR);
  return Object.fromEntries(
    Object.entries(STYLES).map(([style, code]) => [
      style,
      (text: string) => (isPlain ? text : `\u001b[${code}m${text}\u001b[0m`),
    ]),
  ) as Paint;
}

const ERASE_LINE = '\r\u001b[K';

/** What is being waited for, on one line of a terminal. */
export function showProgress({ stderr }: Pick<Terminal, 'stderr'>) {
  return {
    show: (what: string) => {
      if (stderr.isTTY) {
        stderr.write(`${ERASE_LINE}reading ${what}`);
      }
    },
    end: () => {
      if (stderr.isTTY) {
        stderr.write(ERASE_LINE);
      }
    },
  };
}
