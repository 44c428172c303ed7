import { unlessAborted } from '../model/unlessAborted';

interface UnderWay<T> {
  promise: Promise<T>;
  waiting: number;
  controller: AbortController;
}

/**
 * One call for all who want its outcome while it is under way. Who aborts
 * leaves the others their answer; with the last one the call is aborted.
 */
export class SharedCall<T> {
  readonly #call: (signal: AbortSignal) => Promise<T>;
  #underWay?: UnderWay<T>;

  constructor(call: (signal: AbortSignal) => Promise<T>) {
    this.#call = call;
  }

  async join(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const call = this.#underWay ?? this.#start();
    call.waiting++;
    try {
      return await unlessAborted(call.promise, signal);
    } finally {
      call.waiting--;
      if (call.waiting === 0) {
        this.#underWay = undefined;
        call.controller.abort();
      }
    }
  }

  #start(): UnderWay<T> {
    const controller = new AbortController();
    const promise = this.#call(controller.signal);
    const call = { promise, waiting: 0, controller };
    this.#underWay = call;
    return call;
  }
}
