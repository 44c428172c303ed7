import type { OAuth2Settings } from '../../config/settings';
import { abortable } from '../../lib/abort';
import type { AnswerLimits } from './fetchAnswer';
import { type AccessToken, requestToken } from './requestToken';

interface UnderWay<T> {
  promise: Promise<T>;
  waiting: number;
  controller: AbortController;
}

/**
 * One call for all who want its outcome while it is under way. Who aborts
 * leaves the others their answer; with the last one the call is aborted.
 */
class SharedCall<T> {
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
      return await abortable(call.promise, signal);
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

/** A token is not used for its last minute, in which it could expire on the way. */
const MARGIN_MS = 60_000;

interface ClientCredentialsOptions {
  source: string;
  auth: OAuth2Settings;
  request: AnswerLimits;
  now: () => Date;
}

/**
 * An OAuth2 token by client credentials, kept in memory for as long as it
 * holds, and asked for once however many requests wait for it.
 */
export class ClientCredentials {
  static create(options: ClientCredentialsOptions): ClientCredentials {
    return new ClientCredentials(options);
  }

  readonly #options: ClientCredentialsOptions;
  readonly #asked: SharedCall<AccessToken>;
  #token?: AccessToken;

  private constructor(options: ClientCredentialsOptions) {
    this.#options = options;
    this.#asked = new SharedCall(signal =>
      requestToken({ ...options, signal }),
    );
  }

  async header(signal: AbortSignal): Promise<string> {
    if (!this.#token || !this.#holds(this.#token)) {
      this.#token = await this.#asked.join(signal);
    }
    return this.#token.header;
  }

  /** Others may have another token by now: that one stays. */
  discard(refused: string): void {
    if (this.#token?.header === refused) {
      this.#token = undefined;
    }
  }

  #holds({ expiresAt }: AccessToken): boolean {
    return (
      expiresAt === undefined ||
      this.#options.now().getTime() < expiresAt - MARGIN_MS
    );
  }
}
