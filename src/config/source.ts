import type { JsonObject, JsonValue } from '@backstage/types';
import { z } from 'zod';
import { isObject, quoteValue } from '../lib/values';
import {
  milliseconds,
  reconcile,
  schedule,
  type ScheduleSettings,
} from './durations';
import {
  annotationKey,
  entityTemplates,
  kind,
  namespace,
  ownerRef,
} from './entities';
import { GUARDED_FIELDS } from './guardedFields';
import {
  block,
  checked,
  entryName,
  expression,
  flag,
  isEmpty,
  map,
  numberIn,
  optionalBlock,
  refusedKeys,
  text,
  textThat,
  uniqueList,
  wholeNumber,
} from './primitives';
import { principals, type PrincipalSettings } from './principals';
import { httpUrl, overHttp } from './request';

const backoff = optionalBlock(
  block({
    initial: milliseconds().prefault({ minutes: 1 }),
    max: milliseconds().prefault({ hours: 1 }),
  })
    .transform(({ initial, max }) => ({ initialMs: initial, maxMs: max }))
    .refine(({ initialMs, maxMs }) => maxMs >= initialMs, {
      error:
        'max is shorter than initial (1 minute by default); raise max or lower initial',
    }),
);

export const removals = optionalBlock(
  block({
    /** Share of a source's entities, 0 to 1, that may be removed within 24 hours. */
    maxRatio: numberIn(0, 1).prefault(0.2),
    /** So many are never too large a share, unless they are all. */
    minCount: wholeNumber(0).prefault(1),
    /** Whether entities stay whose records the list lacks, until a clean-up archives them. */
    keep: flag().prefault(false),
  }),
);

const changes = optionalBlock(
  block({
    /** Share of a source's entities, 0 to 1, in which one run may change the same field. */
    maxRatio: numberIn(0, 1).prefault(0.5),
    /** Fields whose changes are never held. */
    ignore: uniqueList(z.enum(GUARDED_FIELDS)).default([]),
  }),
);

const locationRef = textThat(
  value => value === '*' || /^(?!https?:)[^:\s]+:.+/i.test(value),
  'a location ref; try "url:https://git.example.com/team/*"',
);

const TABLE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

export const lookUpTables = map(map(z.custom<JsonValue>())).superRefine(
  (value, ctx) => {
    for (const name of Object.keys(value)) {
      if (!TABLE_NAME.test(name)) {
        const message = `${quoteValue(
          name,
        )} cannot be the name of a table; use 1 to 63 of a-z, A-Z, 0-9, "_" and "-", with a letter first`;
        ctx.addIssue({ code: 'custom', path: [name], message });
      }
    }
  },
);

/** Whether the schema can be read and compiled is checked where it is used. */
export const recordSchema = checked<JsonObject | string>(value => {
  if (!isObject(value) && typeof value !== 'string') {
    return 'must be a JSON Schema, as a map of keys and values, or the path of its file';
  }
  return isEmpty(value)
    ? 'is present and empty; set a JSON Schema, such as { $include: ./record.schema.json }, or the path of its file, or remove the key'
    : undefined;
});

/** Keys of any source. */
const common = {
  title: text().optional(),
  /** Entity ref of whom to ask about this integration. */
  owner: ownerRef.optional(),
  /** What this integration is for, in a sentence. */
  purpose: text().optional(),
  /** JSONata that gives the permanent id of a record. */
  id: expression.prefault('serviceId'),
  /** One template for each entity that a record gives. */
  entity: entityTemplates.optional(),
  /** Name of the transformer that maps in code, in place of `entity`. */
  transformer: entryName.optional(),
  /** JSONata. A record gives entities only if it is true. */
  when: expression.optional(),
  /** Look-up tables for expressions, by name. */
  tables: lookUpTables.default({}),
  /** Other owners for entities, each by the owner that the mapping gives. */
  owners: map(ownerRef).optional(),
  /** JSON Schema that each record must conform to, or the path of its file. */
  schema: recordSchema.optional(),
  /** Annotations that each entity must have. */
  requiredAnnotations: uniqueList(annotationKey).default([]),
  /** What to do with records whose entities' relations form a cycle. */
  cycles: z.enum(['report', 'reject', 'ignore']).prefault('report'),
  /** Whether entities that the catalog has from elsewhere are taken over. */
  takeover: flag().prefault(false),
  schedule,
  /** When all entities are applied again, changed or not. */
  reconcile,
  backoff,
  removals,
  changes,
  /** Entity kinds that this source may emit, as the catalog spells them. */
  kinds: uniqueList(kind).prefault([
    'Component',
    'API',
    'Resource',
    'System',
    'Domain',
  ]),
  namespaces: uniqueList(namespace).prefault(['default']),
  /** Size of one entity as JSON. */
  maxEntityBytes: wholeNumber(1).prefault(1_000_000),
  /** Origins whose `custom-data` locations may read this source; an empty list means nobody. */
  locations: optionalBlock(block({ allow: z.array(locationRef).prefault([]) })),
  /** Whether the list is polled at all; `false` for a source that only serves locations. */
  poll: flag().prefault(true),
  paused: flag().prefault(false),
};

const notPushed = refusedKeys(
  ['principals', 'requireIfMatch'],
  'is for a source of type "push"; remove it',
);

const httpSource = block({
  type: z.literal('http').optional().default('http'),
  /** Absolute http(s) URL of the list. */
  url: httpUrl,
  ...overHttp,
  ...common,
  ...notPushed,
});

const REQUEST_KEYS: Array<'url' | keyof typeof overHttp> = [
  'url',
  ...(Object.keys(overHttp) as Array<keyof typeof overHttp>),
];

/** The keys of requests have their defaults. */
const customSource = block({
  type: z.literal('custom'),
  ...refusedKeys(
    REQUEST_KEYS,
    'is not for a custom source, which fetches by itself; remove it',
  ),
  ...common,
  ...notPushed,
}).transform(value => ({ ...value, ...z.object(overHttp).parse({}) }));

/** Keys of records and polls. */
const OF_RECORDS = {
  id: true,
  entity: true,
  transformer: true,
  when: true,
  tables: true,
  owners: true,
  schema: true,
  cycles: true,
  takeover: true,
  schedule: true,
  backoff: true,
  changes: true,
  locations: true,
  poll: true,
} as const;

/** What somebody pushes on purpose is not held for being much, but what a set lacks is. */
const NO_CHANGE_HELD = { changes: { maxRatio: 1 } };

const pushSource = block({
  type: z.literal('push'),
  /** Who may write. */
  principals,
  /** Whether a write must say which revision it replaces. */
  requireIfMatch: flag().prefault(false),
  ...common,
  ...refusedKeys(
    [
      ...REQUEST_KEYS,
      ...(Object.keys(OF_RECORDS) as Array<keyof typeof OF_RECORDS>),
    ],
    'is not for a push source, which is given its entities as they are; remove it',
  ),
}).transform(value => ({
  ...value,
  ...z.object(overHttp).parse({}),
  ...z.object(common).pick(OF_RECORDS).parse(NO_CHANGE_HELD),
}));

/** One entry of `catalog.customData.sources`. */
export const source = z.discriminatedUnion('type', [
  httpSource,
  customSource,
  pushSource,
]);

/** What one source under `catalog.customData.sources` is set to, every default filled in. */
export interface SourceSettings
  extends Omit<
    z.output<typeof httpSource>,
    'type' | 'principals' | 'requireIfMatch'
  > {
  /** The key in the configuration: `[a-z0-9-]`, at most 63 characters. */
  name: string;
  /**
   * Asked over HTTP, read by code that was added under its name, or given its
   * entities. Unless it is asked, `url` is `custom-data:<name>`, and `recordUrl`
   * the same and `/{id}`.
   */
  type: 'http' | 'custom' | 'push';
  /** URL of a single record, with `{id}` where the encoded record id goes. */
  recordUrl: string;
  entity: JsonObject[];
  reconcile: ScheduleSettings;
  /** Who may push, of a source of that type. */
  principals?: PrincipalSettings[];
  requireIfMatch?: boolean;
}

export type RemovalSettings = SourceSettings['removals'];
export type ChangeSettings = SourceSettings['changes'];
export type RequestSettings = SourceSettings['request'];
