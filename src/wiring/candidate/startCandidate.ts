import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { listFaults } from '../../config/messages';
import type { SourceSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import { inSeconds } from '../../lib/values';
import type { RecordMapper } from '../../mapping/RecordMapper';
import type {
  Call,
  CandidateMethods,
  Evaluated,
  Reply,
} from './serveCandidate';

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
class CandidateProcess {
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

/** A mapper whose expressions run in a process of their own, until it is stopped. */
export interface RunningCandidate {
  /** It checks a record against the candidate's JSON Schema as well. */
  mapper: RecordMapper;
  stop(): void;
}

/**
 * Starts the process of a candidate, and prepares its mapping there.
 *
 * @throws InputError for a mapping that cannot be used.
 */
export async function startCandidate(options: {
  settings: SourceSettings;
  placeholders: string[];
  signal: AbortSignal;
  limits?: typeof CANDIDATE_LIMITS;
}): Promise<RunningCandidate> {
  const { settings, placeholders, signal, limits } = options;
  const child = new CandidateProcess(signal, limits);
  try {
    const prepared = await child.call('prepare', {
      settings: withoutRequests(settings),
      placeholders,
    });
    if (prepared.type === 'faulty') {
      throw new InputError(listFaults(prepared.faults));
    }
    return {
      mapper: toMapper(child, prepared.listPath),
      stop: () => child.stop(),
    };
  } catch (error) {
    child.stop();
    throw error;
  }
}

/** No request is made there, so none of what may hold a secret is told. */
function withoutRequests(settings: SourceSettings): SourceSettings {
  return {
    ...settings,
    type: 'http',
    url: 'http://candidate.invalid',
    recordUrl: 'http://candidate.invalid/{id}',
    method: 'GET',
    headers: {},
    auth: undefined,
    body: undefined,
    query: undefined,
    // A path of the backend, for the backend to read.
    schema: typeof settings.schema === 'string' ? undefined : settings.schema,
  };
}

function toMapper(
  child: CandidateProcess,
  listPath: string[] | undefined,
): RecordMapper {
  // One call for each record, whatever is asked of it.
  const known = new WeakMap<object, Promise<Evaluated>>();
  const evaluate = (record: JsonValue) => {
    const key = Object(record);
    const evaluated = known.get(key) ?? child.call('evaluate', record);
    known.set(key, evaluated);
    return evaluated;
  };
  return {
    listPath,
    selectRecords: answer => child.call('selectRecords', answer),
    recordId: async record => (await evaluate(record)).recordId,
    explainNoId: async record => (await evaluate(record)).noId!,
    map: async record => (await evaluate(record)).outcome!,
    unfound: async record => (await evaluate(record)).unfound ?? [],
    explain: record => child.call('explain', record),
  };
}
