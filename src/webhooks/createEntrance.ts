import type { SenderSettings } from '../config/settings';
import { createPlaces, type Places } from './createPlaces';
import { createRateLimit, type RateLimit } from './createRateLimit';
import { createDialect } from './dialects/createDialect';
import type { Dialect } from './dialects/dialect';

/** What a request is held to before anything of it is read. */
export interface Entrance {
  /** Whose secrets and limits count; undefined for what can never be verified. */
  sender?: SenderSettings;
  /** What is done once in a while for each sender is done so by this key. */
  key: string;
  dialect: Dialect;
  rate: RateLimit;
  places: Places;
  /** Of all entrances together: places for those whose body is on its way. */
  bodies: Places;
  maxBodyBytes: number;
}

export interface EntranceOptions {
  bodies: Places;
  now: () => Date;
}

export function createEntrance(
  sender: SenderSettings,
  { bodies, now }: EntranceOptions,
): Entrance & { sender: SenderSettings } {
  return {
    sender,
    key: sender.name,
    dialect: createDialect(sender, now),
    rate: createRateLimit(sender.rateLimit),
    places: createPlaces({ count: sender.concurrency, now }),
    bodies,
    maxBodyBytes: sender.maxBodyBytes,
  };
}
