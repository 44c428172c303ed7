import { z } from 'zod';
import { auth } from './auth';
import { body } from './body';
import { block, list } from './containers';
import { milliseconds } from './durations';
import {
  annotationKey,
  entityTemplates,
  kind,
  namespace,
  ownerRef,
} from './entities';
import { expression } from './expression';
import { headers } from './headers';
import { describeBadName } from './names';
import { pagination } from './pagination';
import { query } from './query';
import { recordSchema } from './recordSchema';
import { scheduleBlock } from './schedules';
import { tables } from './tables';
import { httpUrl, recordUrlTemplate } from './urls';
import { checkedText, flag, isObject, numberIn, quote, text } from './values';

const DEFAULT_KINDS = ['Component', 'API', 'Resource', 'System', 'Domain'];
const MINUTE = 60_000;
/** The longest time that a timer of Node.js holds, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

const backoff = block({
  initial: milliseconds().default(MINUTE),
  max: milliseconds().default(60 * MINUTE),
})
  .transform(({ initial, max }) => ({ initialMs: initial, maxMs: max }))
  .refine(({ initialMs, maxMs }) => maxMs >= initialMs, {
    error:
      'max is shorter than initial (1 minute by default); raise max or lower initial',
  });

const removals = block({
  maxRatio: numberIn({ min: 0, max: 1 }).default(0.2),
  minCount: numberIn({ min: 0, integer: true }).default(5),
});

const request = block({
  timeout: milliseconds({ max: MAX_TIMER }).default(MINUTE),
  maxBytes: numberIn({ min: 1, integer: true }).default(100_000_000),
  maxDepth: numberIn({ min: 1, integer: true }).default(64),
  retries: numberIn({ min: 0, max: 10, integer: true }).default(3),
  concurrency: numberIn({ min: 1, integer: true }).default(4),
  requestsPerSecond: numberIn({ min: 0.001, max: 1000 }).optional(),
}).transform(({ timeout, ...rest }) => ({ timeoutMs: timeout, ...rest }));

const origin = checkedText(value => {
  if (/^https?:/i.test(value)) {
    return `${quote(value)} lacks the location type; try ${quote(
      `url:${value}`,
    )}`;
  }
  return value === '*' || /^[^:\s]+:.+/.test(value)
    ? undefined
    : `${quote(
        value,
      )} is not a location ref; try "url:https://git.example.com/team/*"`;
});

/** What a source over HTTP may have beside its `url`, and no other. */
const overHttp = {
  recordUrl: recordUrlTemplate().optional(),
  method: z
    .enum(['GET', 'POST'], { error: () => 'must be "GET" or "POST"' })
    .default('GET'),
  body: body.optional(),
  query: query.optional(),
  headers: headers().default({}),
  auth: auth.optional(),
  pagination: pagination.default({ type: 'none' }),
  records: expression.optional(),
  request: request.default({
    timeoutMs: MINUTE,
    maxBytes: 100_000_000,
    maxDepth: 64,
    retries: 3,
    concurrency: 4,
  }),
};

/** What a source may have wherever its records come from. */
const anywhere = {
  title: text().optional(),
  owner: ownerRef.optional(),
  id: expression.optional(),
  entity: entityTemplates.optional(),
  transformer: checkedText(describeBadName).optional(),
  when: expression.optional(),
  tables: tables.default({}),
  schema: recordSchema.optional(),
  requiredAnnotations: list(annotationKey).default([]),
  cycles: z
    .enum(['report', 'reject', 'ignore'], {
      error: () => 'must be "report", "reject" or "ignore"',
    })
    .default('report'),
  takeover: flag().default(false),
  schedule: scheduleBlock.default({}),
  reconcile: scheduleBlock.default({}),
  backoff: backoff.default({ initialMs: MINUTE, maxMs: 60 * MINUTE }),
  removals: removals.default({ maxRatio: 0.2, minCount: 5 }),
  kinds: list(kind).default(DEFAULT_KINDS),
  namespaces: list(namespace).default(['default']),
  // An empty list is an answer here: nobody.
  locations: block({ allow: origin.array().default([]) }).default({
    allow: [],
  }),
  poll: flag().default(true),
  paused: flag().default(false),
};

const httpBlock = block({
  type: z
    .literal('http', { error: () => 'must be "http" or "custom"' })
    .default('http'),
  url: httpUrl(),
  ...overHttp,
  ...anywhere,
});

const notCustom = z
  .never({
    error: () =>
      'is not for a custom source, which fetches by itself; remove it',
  })
  .optional();

const customBlock = block({
  type: z.literal('custom'),
  url: notCustom,
  ...mapValues(overHttp, notCustom),
  ...anywhere,
}).transform(value => ({ ...value, ...z.object(overHttp).parse({}) }));

export type SourceBlock =
  | z.output<typeof httpBlock>
  | z.output<typeof customBlock>;

/** What goes for one entry of `catalog.customData.sources`. */
export function sourceBlock(value: unknown): z.ZodType<SourceBlock> {
  return isObject(value) && value.type === 'custom' ? customBlock : httpBlock;
}

function mapValues<K extends string, T>(
  keys: Record<K, unknown>,
  value: T,
): Record<K, T> {
  return Object.fromEntries(
    Object.keys(keys).map(key => [key, value]),
  ) as Record<K, T>;
}
