import { z } from 'zod';
import { list, map } from './containers';
import { type ConfigPath, type Fault, parse } from './fault';
import { describeUnknownKey } from './nearest';
import { DEFAULT_RETENTION, KEEP_ALL, retention } from './retention';
import type { RetentionSettings } from './settings';
import { flag, text } from './values';

const sources = map(z.unknown());
const webhooks = map(z.unknown());
const allowedLocationTypes = list(text()).optional();
const strict = flag();
const allowUserWrites = flag();

const KEYS = [
  'sources',
  'webhooks',
  'allowedLocationTypes',
  'allowUserWrites',
  'strict',
  'retention',
];

/** The block's own keys; the entries of its maps are not looked into yet. */
export interface TopBlock {
  sources: Record<string, unknown>;
  webhooks: Record<string, unknown>;
  allowedLocationTypes?: string[];
  allowUserWrites: boolean;
  strict: boolean;
  retention: RetentionSettings;
}

/** Reads key by key, so that a fault in one leaves the others standing. */
export function readTopBlock(
  value: unknown,
  path: ConfigPath,
): { block: TopBlock; faults: Fault[] } {
  const whole = parse(map(z.unknown()).default({}), value, path);
  const raw = whole.type === 'ok' ? whole.value : {};
  const faults = whole.type === 'ok' ? [] : whole.faults;
  faults.push(...findUnknownKeys(raw, path));

  function read<T>(key: string, schema: z.ZodType<T>, fallback: T): T {
    if (raw[key] === undefined) {
      return fallback;
    }
    const parsed = parse(schema, raw[key], [...path, key]);
    if (parsed.type === 'ok') {
      return parsed.value;
    }
    faults.push(...parsed.faults);
    return fallback;
  }

  const block = {
    sources: read('sources', sources, {}),
    webhooks: read('webhooks', webhooks, {}),
    allowedLocationTypes: read(
      'allowedLocationTypes',
      allowedLocationTypes,
      undefined,
    ),
    allowUserWrites: read('allowUserWrites', allowUserWrites, false),
    strict: read('strict', strict, false),
    retention:
      raw.retention === undefined
        ? DEFAULT_RETENTION
        : read('retention', retention, KEEP_ALL),
  };
  return { block, faults };
}

function findUnknownKeys(
  raw: Record<string, unknown>,
  path: ConfigPath,
): Fault[] {
  return Object.keys(raw)
    .filter(key => !KEYS.includes(key))
    .map(key => ({
      path: [...path, key],
      reason: describeUnknownKey(key, KEYS),
    }));
}
