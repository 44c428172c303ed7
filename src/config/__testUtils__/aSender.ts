import type { SenderSettings } from '../sender';
import { signatureOf } from '../signatures';
import { completeVerify } from '../verify';

/** A sender with one secret and every limit at its default, but for what a test gives. */
export function aSender(
  overrides: Partial<SenderSettings> = {},
): SenderSettings {
  return {
    name: 'ci',
    dialect: 'catalog',
    signature: signatureOf(overrides.dialect),
    verify: completeVerify(undefined, 'catalog'),
    secrets: [
      { id: 'one', key: Buffer.from('0123456789abcdef0123456789abcdef') },
    ],
    requireTimestamp: false,
    timeWindowMs: 300_000,
    trustProxy: false,
    rateLimit: { requests: 1200, windowMs: 60_000 },
    concurrency: 50,
    maxBodyBytes: 1_000_000,
    paused: false,
    hold: false,
    entity: 'component:default/{service}',
    aliases: {},
    ...overrides,
  };
}
