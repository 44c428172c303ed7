import { InputError } from '@backstage/errors';
import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { SourceError } from '../../lib/errors';
import { inSeconds } from '../../lib/values';
import type { Call, CandidateMethods, Reply } from './serveCandidate';

/*
 * A process that runs expressions and schemas of a request. JSONata's own limits
 * do not hold everything: `$length($pad("x", 2e8))` ends a process of Node.js.
 */

// The build keeps the folders of src, so this holds there and in dist.
// eslint-disable-next-line no-restricted-syntax
const ENTRY = resolve(__dirname, '../../../bin/candidate.js');

export const CANDIDATE_LIMITS = {
  memoryMb: 256,
  /** How long it may work, without what the source takes to answer. */
  workMs: 60_000,
};

type CandidateLimits = typeof CANDIDATE_LIMITS;

interface Waiting {
  done: (result: any) => void;
  reject: (error: Error) => void;
}

/** Calls the methods of a candidate in its process. Once that has ended, every call fails. */
export class CandidateProcess {
  readonly #child: ChildProcess;
  readonly #limits: CandidateLimits;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #workedMs = 0;
  #ended: Error | undefined;

  /** Ends at the latest when the signal is aborted. */
  constructor(signal: AbortSignal, limits: CandidateLimits = CANDIDATE_LIMITS) {
    this.#limits = limits;
    this.#child = fork(ENTRY, [], {
      execArgv: [`--max-old-space-size=${limits.memoryMb}`],
      // No secret of the backend.
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (reply: Reply) => this.#settle(reply));
    this.#child.once('error', error => this.#end(error));
    this.#child.once('exit', (code, by) =>
      this.#end(new InputError(this.#describeExit(code, by))),
    );
    const stop = () => this.#end(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    this.#child.once('exit', () => signal.removeEventListener('abort', stop));
    if (signal.aborted) {
      stop();
    }
  }

  stop(): void {
    this.#end(new Error('The candidate was stopped'));
  }

  async call<Method extends keyof CandidateMethods>(
    method: Method,
    argument: Parameters<CandidateMethods[Method]>[0],
  ): Promise<Awaited<ReturnType<CandidateMethods[Method]>>> {
    if (this.#ended) {
      throw this.#ended;
    }
    const { workMs } = this.#limits;
    const began = performance.now();
    const timer = setTimeout(
      () => this.#end(new InputError(this.#describeTime())),
      Math.max(workMs - this.#workedMs, 0),
    );
    const call: Call = { id: this.#calls++, method, argument };
    try {
      return await new Promise<any>((done, reject) => {
        this.#waiting.set(call.id, { done, reject });
        this.#child.send(call, error => error && this.#end(error));
      });
    } finally {
      clearTimeout(timer);
      this.#workedMs += performance.now() - began;
    }
  }

  #settle({ id, result, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!waiting) {
      // In a checkout, what translates TypeScript sends messages too.
      return;
    }
    if (error) {
      const { message, isShape } = error;
      waiting.reject(
        isShape
          ? new SourceError(message, { code: 'shape' })
          : new InputError(`The candidate fails: ${message}`),
      );
    } else {
      waiting.done(JSON.parse(result!));
    }
  }

  #end(why: Error): void {
    this.#ended ??= why;
    this.#child.kill('SIGKILL');
    this.#waiting.forEach(({ reject }) => reject(this.#ended!));
    this.#waiting.clear();
  }

  #describeTime(): string {
    return `The candidate worked for more than ${inSeconds(
      this.#limits.workMs,
    )}, and was stopped; look for what takes long in its expressions`;
  }

  /** Node.js aborts where its memory is at the limit. */
  #describeExit(code: number | null, by: string | null): string {
    return `The process of the candidate ended (${
      by ?? `status ${code}`
    }): most likely it needed more than the ${
      this.#limits.memoryMb
    } MB of memory that it may have; look for an expression that makes long texts or lists`;
  }
}
