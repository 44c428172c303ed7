import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { SenderSettings } from '../config/sender';

/** Gives a permit back; to be called once. */
export type Release = () => void;

/** Bounds how many permits are given at once, in all and for each key. */
class ConcurrencyLimit {
  private readonly inFlight = new Map<string, number>();
  private total = 0;

  constructor(private readonly max: { perKey: number; total: number }) {}

  acquire(key: string): Release | undefined {
    const count = this.inFlight.get(key) ?? 0;
    if (count >= this.max.perKey || this.total >= this.max.total) {
      return undefined;
    }
    this.inFlight.set(key, count + 1);
    this.total++;
    return () => this.release(key);
  }

  private release(key: string): void {
    const left = (this.inFlight.get(key) ?? 0) - 1;
    if (left > 0) {
      this.inFlight.set(key, left);
    } else {
      this.inFlight.delete(key);
    }
    this.total--;
  }
}

/** How many addresses may have all their permits in use at once; bounds the memory for unverified bodies. */
const ADDRESSES_AT_ONCE = 20;

/**
 * The limits of one sender in this process.
 *
 * Until its signature is verified a request counts for the address that it
 * comes from, so that somebody else who uses the sender's name uses up the
 * limits of their own address only. A verified request counts for the sender.
 */
export class SenderLimits {
  private readonly rate: RateLimiterMemory;
  private readonly bodies: ConcurrencyLimit;
  private readonly work: ConcurrencyLimit;

  constructor(
    options: Pick<SenderSettings, 'name' | 'rateLimit' | 'concurrency'>,
  ) {
    const { name, rateLimit, concurrency } = options;
    this.rate = new RateLimiterMemory({
      keyPrefix: name,
      points: rateLimit.requests,
      duration: rateLimit.windowMs / 1000,
    });
    this.bodies = new ConcurrencyLimit({
      perKey: concurrency,
      total: concurrency * ADDRESSES_AT_ONCE,
    });
    this.work = new ConcurrencyLimit({
      perKey: concurrency,
      total: concurrency,
    });
  }

  /** Counts a request; where it is one too many, the seconds to wait. */
  async countRequest(address: string): Promise<number | undefined> {
    try {
      await this.rate.consume(address);
      return undefined;
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) {
        throw refused;
      }
      return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    }
  }

  /** A permit to read a body that is not verified yet; undefined where too many are being read. */
  acquireBody(address: string): Release | undefined {
    return this.bodies.acquire(address);
  }

  /** A permit to work on a verified request; undefined where too many are worked on. */
  acquireWork(): Release | undefined {
    return this.work.acquire('');
  }
}
