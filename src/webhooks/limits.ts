import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { SENDER_DEFAULTS, type SenderSettings } from '../config/sender';

/** Gives a permit back; to be called once. */
export type Release = () => void;

/** Bounds how many permits are given at once for each key. */
export class ConcurrencyLimit {
  private readonly inFlight = new Map<string, number>();

  constructor(private readonly max: number) {}

  acquire(key: string): Release | undefined {
    const count = this.inFlight.get(key) ?? 0;
    if (count >= this.max) {
      return undefined;
    }
    this.inFlight.set(key, count + 1);
    return () => this.release(key);
  }

  private release(key: string): void {
    const left = (this.inFlight.get(key) ?? 0) - 1;
    if (left > 0) {
      this.inFlight.set(key, left);
    } else {
      this.inFlight.delete(key);
    }
  }
}

/** Counts requests in a window of time, which begins with the first of them. */
export class RateLimit {
  private readonly counts: RateLimiterMemory;

  constructor(private readonly max: SenderSettings['rateLimit']) {
    this.counts = new RateLimiterMemory({
      points: max.requests,
      duration: max.windowMs / 1000,
    });
  }

  /** Counts a request; where it is one too many, the seconds to wait. */
  async count(key: string): Promise<number | undefined> {
    return this.waitAfter(await this.counts.penalty(key), this.max.requests);
  }

  /** The seconds to wait until another one may be counted, if any. */
  async check(key: string): Promise<number | undefined> {
    const counted = await this.counts.get(key);
    return counted ? this.waitAfter(counted, this.max.requests - 1) : undefined;
  }

  private waitAfter(
    { consumedPoints, msBeforeNext }: RateLimiterRes,
    max: number,
  ): number | undefined {
    // A timer ends the window, but its end is told by the clock, which may step back.
    const waitMs = Math.min(msBeforeNext, this.max.windowMs);
    return consumedPoints > max
      ? Math.max(1, Math.ceil(waitMs / 1000))
      : undefined;
  }
}

/** How many bytes of unverified bodies a process holds, unless the bodies that one sender may send at once are more. */
const UNVERIFIED_BYTES = 64_000_000;

/** To read a body. */
export interface BodyPermit {
  /** Asks for so many bytes more; false where all bodies together have too many. */
  take: (bytes: number) => boolean;
  /** To be called once. */
  release: Release;
}

/**
 * The limits of requests that are not verified, in this process: by the address
 * that they come from, whatever sender they name, so that they do not tell
 * which senders there are. `maxBodyBytes` is that of the sender with the largest
 * bodies.
 */
export class UnverifiedLimits {
  readonly maxBodyBytes: number;
  readonly rate = new RateLimit(SENDER_DEFAULTS.rateLimit);
  private readonly bodies: ConcurrencyLimit;
  private bytesLeft: number;

  constructor(
    senders: Array<Pick<SenderSettings, 'concurrency' | 'maxBodyBytes'>>,
  ) {
    // All of them may be misconfigured.
    const all = senders.length > 0 ? senders : [SENDER_DEFAULTS];
    this.maxBodyBytes = Math.max(...all.map(each => each.maxBodyBytes));
    this.bodies = new ConcurrencyLimit(
      Math.max(...all.map(each => each.concurrency)),
    );
    this.bytesLeft = Math.max(
      UNVERIFIED_BYTES,
      ...all.map(each => each.concurrency * each.maxBodyBytes),
    );
  }

  /** Undefined where too many bodies of the address are being read. */
  acquireBody(address: string): BodyPermit | undefined {
    const release = this.bodies.acquire(address);
    let taken = 0;
    return (
      release && {
        take: bytes => {
          if (bytes > this.bytesLeft) {
            return false;
          }
          this.bytesLeft -= bytes;
          taken += bytes;
          return true;
        },
        release: () => {
          this.bytesLeft += taken;
          release();
        },
      }
    );
  }
}
