import type { OAuth2Settings } from '../model/settings';
import type { AnswerLimits } from './fetchAnswer';
import { requestToken, type AccessToken } from './requestToken';
import { SharedCall } from './SharedCall';

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
