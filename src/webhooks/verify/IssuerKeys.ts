import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { loadJose } from './loadJose';
import { readIssuerKeys } from './readIssuerKeys';

type Keys = JWTVerifyGetKey;

/** An issuer's keys are read again when they are older; tokens do not wait for it. */
const FRESH_MS = 10 * 60_000;
/** For so long they are used while the issuer is away. */
const USABLE_MS = 24 * 3_600_000;
/** An issuer is asked at most this often, whatever keys tokens name. */
const ATTEMPT_INTERVAL_MS = 10_000;

/** There are no keys to verify with: they were never read, or too long ago. */
export class IssuerAwayError extends Error {}

export interface IssuerKeysOptions {
  issuer: string;
  now: () => Date;
  onRead?: (issuer: string) => void;
  onFailed?: (issuer: string, error: unknown) => void;
  /** How long a request to the issuer may take; 5 seconds by default. */
  deadlineMs?: number;
}

/**
 * The keys of an issuer, read when a token needs them. They are kept while the
 * issuer cannot be reached, or says what no issuer says. A key that is not known
 * is looked for in keys that are read anew.
 */
export class IssuerKeys {
  private known?: { find: Keys; readAt: Date };
  private attemptedAt?: Date;
  private pending?: Promise<void>;
  /** When the sender is set up, not when its first token comes. */
  private readonly jose = loadJose();

  constructor(private readonly options: IssuerKeysOptions) {}

  /** Finds the key that a token names, for jose. */
  readonly find: Keys = async (header, token) => {
    const find = await this.usable();
    try {
      return await find(header, token);
    } catch (error) {
      if (codeOf(error) !== 'ERR_JWKS_NO_MATCHING_KEY') {
        throw error;
      }
    }
    await this.refresh();
    return (await this.usable())(header, token);
  };

  private async usable(): Promise<Keys> {
    if (!this.isYoungerThan(USABLE_MS)) {
      await this.refresh();
    } else if (!this.isYoungerThan(FRESH_MS)) {
      void this.refresh();
    }
    if (!this.known || !this.isYoungerThan(USABLE_MS)) {
      throw new IssuerAwayError();
    }
    return this.known.find;
  }

  private isYoungerThan(ms: number): boolean {
    return this.known !== undefined && this.msSince(this.known.readAt) < ms;
  }

  /** In either direction: a clock that steps back ends a wait. */
  private msSince(time: Date): number {
    return Math.abs(this.options.now().getTime() - time.getTime());
  }

  /** Reads the keys, unless that was tried a moment ago. Never rejects. */
  private refresh(): Promise<void> {
    const isTooSoon =
      this.attemptedAt && this.msSince(this.attemptedAt) < ATTEMPT_INTERVAL_MS;
    if (!this.pending && !isTooSoon) {
      this.attemptedAt = this.options.now();
      this.pending = this.read().finally(() => {
        this.pending = undefined;
      });
    }
    return this.pending ?? Promise.resolve();
  }

  private async read(): Promise<void> {
    const { issuer, now, onRead, onFailed } = this.options;
    try {
      const keys: JSONWebKeySet = await readIssuerKeys(this.options);
      const find = this.jose.createLocalJWKSet(keys);
      this.known = { find, readAt: now() };
      onRead?.(issuer);
    } catch (error) {
      onFailed?.(issuer, error);
    }
  }
}

/** The code of an error of jose. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
