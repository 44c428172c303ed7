import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export type Handlers = Record<string, (input: any) => unknown>;
type Request = { ask: string; id: number; input: unknown };
type Reply = { id: number; value?: unknown; error?: string };

/** How much of the output is shown when a process fails. */
const TAIL_LENGTH = 4000;

/** In a child process: answers what its parent asks, once the handlers are there. */
export function serveParent(handlers: Handlers | Promise<Handlers>): void {
  process.on('message', async ({ ask, id, input }: Request) => {
    try {
      process.send!({ id, value: await (await handlers)[ask](input) });
    } catch (error) {
      process.send!({ id, error: (error as Error).stack ?? String(error) });
    }
  });
  // The parent hears of a failed start when it asks.
  Promise.resolve(handlers).catch(() => {});
  // The child ends where its parent was killed.
  process.on('disconnect', () => process.exit(0));
}

/** A child process that answers questions. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, (reply: Reply) => void>();
  #asked = 0;
  #tail = '';

  constructor(file: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.#child = fork(file, args, {
      execArgv: [
        '--expose-gc',
        '--require',
        '@backstage/cli/config/nodeTransform.cjs',
      ],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', data => {
        this.#tail = (this.#tail + data).slice(-TAIL_LENGTH);
      });
    }
    this.#child.on('message', (reply: Reply) =>
      this.#open.get(reply.id)?.(reply),
    );
    this.#child.on('exit', (code, signal) => {
      const error = `The process ended with ${code ?? signal}\n${this.#tail}`;
      [...this.#open].forEach(([id, resolve]) => resolve({ id, error }));
    });
  }

  async ask<T>(ask: string, input?: unknown): Promise<T> {
    if (this.#hasEnded()) {
      throw new Error(`The process has ended\n${this.#tail}`);
    }
    this.#asked += 1;
    const id = this.#asked;
    const reply = await new Promise<Reply>(resolve => {
      this.#open.set(id, resolve);
      this.#child.send({ ask, id, input } satisfies Request);
    });
    this.#open.delete(id);
    if (reply.error !== undefined) {
      throw new Error(reply.error);
    }
    return reply.value as T;
  }

  /** Ends the process as `kill -9` does. */
  async kill(): Promise<void> {
    if (!this.#hasEnded()) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
