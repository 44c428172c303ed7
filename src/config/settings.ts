import type {
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { isObject } from '../lib/values';
import { cleanUp } from './cleanUp';
import { frequency, milliseconds } from './durations';
import {
  type ConfigPath,
  type ConfigFault,
  type Misconfigured,
  parse,
  type Parsed,
  toMisconfigured,
} from './messages';
import {
  block,
  type Entry,
  flag,
  list,
  map,
  optionalBlock,
  text,
  uniqueList,
  wholeNumber,
} from './primitives';
import {
  type MisconfiguredSender,
  readSender,
  sender,
  type SenderSettings,
} from './sender';
import { readAudience } from './senderEntity';
import { readSource } from './readSource';
import { source, type SourceSettings } from './source';

const ROOT = ['catalog', 'customData'];
const FOREVER = { years: 100 };

const kept = (days: number) => milliseconds({ min: { days }, max: FOREVER });

/** How long things are kept. */
export const retention = optionalBlock(
  block({
    /** Completed deliveries; a repeat is known by the delivery that it repeats. */
    deliveries: kept(7).prefault({ days: 30 }),
    /** Runs of sources that ended. */
    runs: kept(1).prefault({ days: 30 }),
    /** The history of deployments; what runs now stays. */
    deployments: kept(1).prefault({ days: 365 }),
    /** Snapshots of entities, taken or imported. */
    snapshots: kept(1).prefault({ days: 90 }),
    /** How many of each source, of each namespace, and of everything; older ones go first. */
    maxSnapshots: wholeNumber(1).prefault(30),
  }).transform(
    ({ deliveries, runs, deployments, snapshots, maxSnapshots }) => ({
      deliveriesMs: deliveries,
      runsMs: runs,
      deploymentsMs: deployments,
      snapshotsMs: snapshots,
      maxSnapshots,
    }),
  ),
);

export type RetentionSettings = z.output<typeof retention>;

/** While there is a fault in `retention`: nothing is deleted on a guess. */
const KEEP_ALL = retention.parse({
  deliveries: FOREVER,
  runs: FOREVER,
  deployments: FOREVER,
  snapshots: FOREVER,
  maxSnapshots: Number.MAX_SAFE_INTEGER,
});

/** All of `catalog.customData`. config.d.ts, the example and the docs are tested against it. */
export const customData = block({
  sources: map(source).optional(),
  webhooks: map(sender).optional(),
  /** Replaces the catalog's allowed location types. */
  allowedLocationTypes: list(text()).optional(),
  /** Placeholders that other modules add to the catalog's; no entity may hold one. */
  placeholders: uniqueList(
    text().transform(name => name.replace(/^\$/, '')),
  ).default([]),
  /** Whether signed-in users may write over the API where the permission framework is off. */
  allowUserWrites: flag().prefault(false),
  /** Whether the routes of the reference stand at the catalog's own paths, behind the catalog's. */
  aliasRoutes: flag().prefault(true),
  /** Whether owners of integrations get notifications of the portal. */
  notifications: flag().prefault(false),
  /** For how long a source may fail before somebody is told. */
  alertAfter: milliseconds().prefault({ hours: 1 }),
  /** Whether sources and senders are in the catalog as resources. */
  integrationEntities: flag().prefault(false),
  /** Whether a misconfiguration stops the backend from starting. */
  strict: flag().prefault(false),
  snapshots: optionalBlock(
    block({
      /** When a snapshot of everything is taken, beside those before a change in bulk. */
      frequency: frequency.optional(),
    }),
  ),
  cleanUp,
  retention,
});

/** Sources and senders are then read one by one, so that a fault in one stops no other. */
const topBlock = block({
  ...customData.shape,
  sources: map(z.unknown()).default({}),
  webhooks: map(z.unknown()).default({}),
});

type TopBlock = Omit<z.output<typeof topBlock>, 'integrationEntities'> & {
  /** Undefined where the value is none. */
  integrationEntities?: boolean;
};
type TopSettings = Omit<TopBlock, 'sources' | 'webhooks'>;

export interface CustomDataSettings extends TopSettings {
  sources: SourceSettings[];
  misconfiguredSources: Misconfigured[];
  senders: SenderSettings[];
  misconfiguredSenders: MisconfiguredSender[];
  /** Why there is neither a source nor a sender; undefined where there is one. */
  nothing?: string;
  /** Faults of the block itself, such as an unknown key at its top. */
  faults: Misconfigured[];
}

/**
 * Reads the block `catalog.customData`. What is misconfigured is listed beside
 * the rest, does nothing, and stops nothing else. With `strict`, the caller
 * stops for it (`strictError`).
 */
export function readCustomDataSettings(
  config: RootConfigService | Config,
  /** The webhook dialects that are added in code, where that is known. */
  dialects?: readonly string[],
): CustomDataSettings {
  const value = config.getOptional(ROOT.join('.')) ?? {};
  const { top, faults } = readTopBlock(value);
  const { sources, webhooks, ...rest } = top;
  const readSources = readEach(sources, [...ROOT, 'sources'], readSource);
  const senders = readEach(webhooks, [...ROOT, 'webhooks'], entry =>
    readSender(entry, { sources: Object.keys(sources), dialects }),
  );
  const isEmpty = Object.keys({ ...sources, ...webhooks }).length === 0;
  return {
    ...rest,
    nothing: isEmpty ? describeNothing(config) : undefined,
    sources: readSources.read,
    misconfiguredSources: readSources.misconfigured,
    senders: senders.read,
    misconfiguredSenders: senders.misconfigured.map(misconfigured => ({
      ...misconfigured,
      ...readAudience(webhooks[misconfigured.name]),
    })),
    faults: faults.map(fault => toMisconfigured('customData', ROOT, [fault])),
  };
}

function describeNothing(config: RootConfigService | Config): string {
  const catalog = config.getOptional('catalog');
  const isMeant = (key: string) => /^custom[-_]?data$/i.test(key);
  const wrong = Object.keys(isObject(catalog) ? catalog : {}).find(
    key => isMeant(key) && key !== 'customData',
  );
  return wrong === undefined
    ? 'there are no "sources" or "webhooks" under "catalog.customData"'
    : `rename the key "catalog.${wrong}" to "catalog.customData"`;
}

/** A key with a fault counts as left out, so that the others still hold. */
function readTopBlock(value: unknown): {
  top: TopBlock;
  faults: ConfigFault[];
} {
  const parsed = parse(topBlock, value, ROOT);
  if (parsed.type === 'ok') {
    return { top: parsed.value, faults: [] };
  }
  const { faults } = parsed;
  const faulty = new Set(faults.map(({ path }) => path[ROOT.length]));
  const sound = Object.entries(isObject(value) ? value : {}).filter(
    ([key]) => !faulty.has(key),
  );
  const top = topBlock.parse(Object.fromEntries(sound));
  return {
    top: {
      ...top,
      ...(faulty.has('retention') && { retention: KEEP_ALL }),
      // Whether they are wanted is not known, so those that are there stay.
      ...(faulty.has('integrationEntities') && {
        integrationEntities: undefined,
      }),
    },
    faults,
  };
}

function readEach<T>(
  entries: Record<string, unknown>,
  path: ConfigPath,
  readOne: (entry: Entry, earlier: T[]) => Parsed<T>,
) {
  const read: T[] = [];
  const misconfigured: Misconfigured[] = [];
  for (const [name, value] of Object.entries(entries)) {
    const entry = { name, value, path: [...path, name] };
    const parsed = readOne(entry, read);
    if (parsed.type === 'ok') {
      read.push(parsed.value);
    } else {
      misconfigured.push(toMisconfigured(name, entry.path, parsed.faults));
    }
  }
  return { read, misconfigured };
}

/** Why a backend with `strict` must not start, all of it; undefined where nothing is misconfigured. */
export function strictError(
  faults: Pick<Misconfigured, 'key' | 'reason'>[],
): InputError | undefined {
  if (faults.length === 0) {
    return undefined;
  }
  const lines = faults.map(({ key, reason }) => `- ${key}: ${reason}`);
  return new InputError(
    `catalog.customData is misconfigured, and strict:\n${lines.join('\n')}`,
  );
}

/** Says at the start what does nothing, and why. */
export function reportMisconfigured(
  logger: LoggerService,
  settings: CustomDataSettings,
  misconfiguredSources: Misconfigured[],
): void {
  const reportIdle = (what: string, misconfigured: Misconfigured[]) =>
    misconfigured.forEach(({ name, key, reason }) =>
      logger.error(
        `${what} "${name}" is misconfigured and does nothing: ${key}: ${reason}`,
      ),
    );
  reportIdle('Source', misconfiguredSources);
  reportIdle('Webhook sender', settings.misconfiguredSenders);
  for (const { key, reason } of settings.faults) {
    logger.error(`The configuration key "${key}" is ignored: ${reason}`);
  }
  if (settings.nothing) {
    logger.warn(
      `Nothing is configured for the custom-data module: ${settings.nothing}`,
    );
  }
  for (const { name } of settings.sources.filter(each => each.paused)) {
    logger.warn(`Source "${name}" is paused`);
  }
  for (const { name, hold } of settings.senders.filter(each => each.paused)) {
    const becomes = hold ? 'held' : 'refused';
    logger.warn(
      `Webhook sender "${name}" is paused: what it sends is ${becomes}`,
    );
  }
}
