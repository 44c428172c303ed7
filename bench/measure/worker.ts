import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

type Handlers = Record<string, (input: any) => unknown>;
type Request = { ask: string; id: number; input: unknown };
type Reply = { id: number; value?: unknown; error?: string };

/** How much of what a process wrote is shown when it fails. */
const TAIL_LENGTH = 4000;

/** In a process of its own: answers what its parent asks. */
export function serveParent(handlers: Handlers): void {
  process.on('message', async ({ ask, id, input }: Request) => {
    try {
      process.send!({ id, value: await handlers[ask](input) });
    } catch (error) {
      process.send!({ id, error: (error as Error).stack ?? String(error) });
    }
  });
  // Nothing is left behind where the parent was killed.
  process.on('disconnect', () => process.exit(0));
}

/** A process that is asked over its channel, one question at a time or several. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, (reply: Reply) => void>();
  #asked = 0;
  #tail = '';

  static start(
    file: string,
    options: { args?: string[]; env?: NodeJS.ProcessEnv } = {},
  ): Worker {
    return new Worker(
      fork(file, options.args ?? [], {
        execArgv: [
          '--expose-gc',
          '--require',
          '@backstage/cli/config/nodeTransform.cjs',
        ],
        env: { ...process.env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    );
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', data => {
        this.#tail = (this.#tail + data).slice(-TAIL_LENGTH);
      });
    }
    child.on('message', (reply: Reply) => this.#open.get(reply.id)?.(reply));
    child.on('exit', (code, signal) => {
      const error = `The process ended with ${code ?? signal}\n${this.#tail}`;
      [...this.#open].forEach(([id, settle]) => settle({ id, error }));
    });
  }

  async ask<T>(ask: string, input?: unknown): Promise<T> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      throw new Error(`The process is gone\n${this.#tail}`);
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

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
  }
}
