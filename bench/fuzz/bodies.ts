import type { Random } from './Random';

/** A payload that there is nothing wrong with. */
export function goodPayload(random: Random, time: Date) {
  return {
    event: random.pick([
      'deployment.success',
      'deployment.started',
      'deployment.failure',
      'deployment.rollback',
      'deployment.removed',
    ]),
    service: `service-${random.below(100)}`,
    version: `${random.below(100)}.${random.below(1000)}`,
    catalog_refresh: random.chance(0.1),
    metadata: {
      owner: 'U123',
      environment: random.pick(['staging', 'production']),
    },
    ...(random.chance(0.5) && { time: time.toISOString() }),
    ...(random.chance(0.3) && { sequence: random.below(1e9) }),
  };
}

const ODD: unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  0.1,
  '',
  'x'.repeat(300),
  '\0',
  '\ud800',
  '__proto__',
  '../../etc',
  '${PAYLOAD}',
  '9999-12-31T23:59:59Z',
  '2026-02-30T00:00:00Z',
  [],
  [[]],
  {},
  { toString: 1 },
];

/** A payload with something odd in one or two of its fields. */
export function oddPayload(random: Random, time: Date): Buffer {
  const payload: Record<string, unknown> = goodPayload(random, time);
  const metadata: Record<string, unknown> = {
    ...goodPayload(random, time).metadata,
  };
  payload.metadata = metadata;
  for (let nth = random.below(2); nth >= 0; nth -= 1) {
    const target = random.chance(0.25) ? metadata : payload;
    const key = random.pick([
      ...Object.keys(target),
      'url',
      'commit',
      'type',
      'data',
    ]);
    target[key] = random.pick(ODD);
    if (random.chance(0.3)) {
      delete target[random.pick(Object.keys(target))];
    }
  }
  return Buffer.from(JSON.stringify(payload));
}

/** Bytes that are JSON at best by accident. */
export function junk(random: Random): Buffer {
  switch (random.below(7)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return random.bytes(random.below(2_000));
    case 2:
      return Buffer.from('['.repeat(random.below(20_000)));
    case 3:
      return Buffer.from(`{"a":${'9'.repeat(random.below(5_000))}}`);
    case 4:
      return Buffer.from(JSON.stringify(random.pick(ODD)) ?? '');
    case 5:
      return Buffer.from([0xef, 0xbb, 0xbf, ...Buffer.from('{}')]);
    default:
      return Buffer.from(`{"${random.text(random.below(500))}`);
  }
}

/** Other bytes than those, by as little as one bit. */
export function mutate(random: Random, bytes: Buffer): Buffer {
  const at = random.below(Math.max(1, bytes.length));
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  const copy = Buffer.from(bytes);
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([
        bytes,
        Buffer.from(random.pick(['\n', ' ', '\0', '\r\n'])),
      ]);
    case 1:
      return Buffer.concat([before, random.bytes(1 + random.below(8)), after]);
    case 2:
      return before;
    case 3:
      return Buffer.concat([bytes, bytes]);
    default:
      copy[at] ^= 1 << random.below(8);
      return copy;
  }
}
