import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { isObject, quoteValue } from '../lib/values';
import { milliseconds } from './durations';
import { environment, namespace, ownerRef } from './entities';
import { type Misconfigured, type Parsed, suggest } from './messages';
import { networks, trustProxy } from './networks';
import { mapping } from './senderMapping';
import {
  block,
  type Entry,
  flag,
  list,
  optionalBlock,
  readEntry,
  text,
  uniqueList,
  wholeNumber,
} from './primitives';
import { secretList, type SenderSecret, textKey } from './secrets';
import {
  aliases,
  DEFAULT_ENTITY,
  entity,
  parseEntityTemplate,
  recordId,
} from './senderEntity';
import {
  DIALECT_NAMES,
  SIGNATURE_NAMES,
  SIGNATURE_SECRETS,
  type SignatureName,
  signatureOf,
} from './signatures';
import {
  completeVerify,
  describeVerifyConflicts,
  verify,
  type VerifySettings,
  type Way,
  waysIn,
} from './verify';

/** How many verified requests one address may send, to each backend process. */
const rateLimit = optionalBlock(
  block({
    requests: wholeNumber(1, 1_000_000).prefault(1200),
    window: milliseconds({ min: { seconds: 1 }, max: { days: 1 } }).prefault({
      minutes: 1,
    }),
  }).transform(({ requests, window }) => ({ requests, windowMs: window })),
);

/** Compared in lower case, as all names of services. */
const glob = text().transform(value => value.toLowerCase());

/** Keys of any sender. */
const common = {
  /** Entity ref of whom to ask about this integration. */
  owner: ownerRef.optional(),
  /** What this integration is for, in a sentence. */
  purpose: text().optional(),
  verify,
  /** How far a signed time may be from ours, in either direction. */
  timeWindow: milliseconds({ min: { seconds: 1 }, max: { hours: 1 } }).prefault(
    { minutes: 5 },
  ),
  /** Networks that it may send from, as CIDR blocks. Without it, any. */
  allowFrom: networks.optional(),
  /** Whose `X-Forwarded-For` is believed: a number of hops, proxies in these networks, or nobody's. */
  trustProxy: trustProxy.prefault(false),
  rateLimit,
  /** In-flight verified requests, in each backend process. */
  concurrency: wholeNumber(1, 10_000).prefault(50),
  /** In bytes. */
  maxBodyBytes: wholeNumber(1000, 10_000_000).prefault(1_000_000),
  /** Whether all requests are refused with 503, or with `hold` stored for later. */
  paused: flag().prefault(false),
  /** Whether requests are stored while it is paused, and processed when it is not. */
  hold: flag().prefault(false),
  /** Expressions for fields, in place of what the dialect reads. */
  mapping: mapping.optional(),
  /** By which an entity is found where an event names a repository and no service. */
  repositoryAnnotation: text().optional(),
  /** Has to contain the namespace of `entity`; nothing else comes of it. */
  namespaces: uniqueList(namespace).optional(),
  /** Globs of services that it may report on (`*` for any text). Without it, any. */
  services: list(glob).optional(),
  /** Environments that it may report on, with their targets, or single targets. Without it, any. */
  environments: list(environment).optional(),
  entity: entity.prefault(DEFAULT_ENTITY),
  /** What `catalog_refresh` fetches. Without it, the record that gave the entity. */
  record: block({ source: text(), id: recordId }).optional(),
  /** From the name of a service in an event to the one in the entity's name. */
  aliases: aliases.default({}),
};

/** What a sender has without any of these keys. */
export const SENDER_DEFAULTS = block(common).parse({});

/** The keys of a sender that signs in a given way. */
function createSenderSchema(
  signature: SignatureName,
  secret: Parameters<typeof secretList>[0],
) {
  return block({
    /** The format of its bodies; a name that is none of these is added in code. */
    dialect: text().default('catalog'),
    /** How its requests are signed. Without it, as its dialect has it. */
    signature: z.enum(SIGNATURE_NAMES).optional(),
    secrets: secretList(secret).optional(),
    /** Whether a request must have a signed time. */
    requireTimestamp: requireTimestamp(signature),
    ...common,
  });
}

function requireTimestamp(signature: SignatureName) {
  switch (signature) {
    case 'catalog':
      return flag().prefault(false);
    case 'standard-webhooks':
      return flag()
        .refine(value => value, {
          error:
            'is always true with signature standard-webhooks, which signs the time; remove the key',
        })
        .default(true);
    default:
      return flag()
        .refine(value => !value, {
          error: `cannot be true with signature ${signature}, which signs no time; remove the key`,
        })
        .default(false);
  }
}

/** One entry of `catalog.customData.webhooks`, as it is by default. */
export const sender = createSenderSchema('catalog', textKey);

/** What one sender under `catalog.customData.webhooks` is set to, every default filled in. */
export interface SenderSettings
  extends Omit<
    z.output<typeof sender>,
    'signature' | 'timeWindow' | 'namespaces' | 'secrets' | 'verify'
  > {
  name: string;
  signature: SignatureName;
  verify: VerifySettings;
  /** None where nothing in `verify` uses any. */
  secrets: SenderSecret[];
  timeWindowMs: number;
}

/** Its past deployments are still shown. */
export type MisconfiguredSender = Misconfigured &
  Pick<SenderSettings, 'entity' | 'aliases' | 'repositoryAnnotation'>;

/** What a sender may name. */
export interface SenderNames {
  /** All sources, those that are misconfigured included. */
  sources: readonly string[];
  /** The dialects that are added in code; undefined where nobody knows them. */
  dialects?: readonly string[];
}

/** Reads one sender, or finds everything that is wrong with it. */
export function readSender(
  entry: Entry,
  names: SenderNames,
): Parsed<SenderSettings> {
  const raw = isObject(entry.value) ? entry.value : {};
  const ways = waysIn(raw);
  const signature = signatureIn(raw, ways);
  // A secret that is sent as it is may be any text.
  const secret = ways.includes('hmac') ? SIGNATURE_SECRETS[signature] : textKey;
  const schema = createSenderSchema(signature, secret);
  const parsed = readEntry(entry, schema, () => ({
    ...describeVerifyConflicts(raw, ways),
    signature: describeOtherSignature(raw, ways),
    // It decides whose address is compared, and a wrong guess lets anybody in.
    ...(raw.allowFrom !== undefined &&
      raw.trustProxy === undefined && {
        trustProxy:
          'is missing beside allowFrom; give the number of proxies in front of the backend, a list of their networks, or false if there are none',
      }),
    namespaces: describeMissingNamespace(raw),
    'record.source': describeUnknownSource(raw, names.sources),
    dialect: describeUnknownDialect(raw, names.dialects),
    mapping: describeMissingMapping(raw),
  }));
  if (parsed.type === 'faulty') {
    return parsed;
  }
  const {
    timeWindow: timeWindowMs,
    namespaces: _,
    secrets = [],
    verify: given,
    ...rest
  } = parsed.value;
  return {
    type: 'ok',
    value: {
      ...rest,
      name: entry.name,
      signature,
      verify: completeVerify(given, rest.dialect),
      secrets,
      timeWindowMs,
    },
  };
}

/** The signatures `v1a` are those of Standard Webhooks. */
const WITH_PUBLIC_KEYS: SignatureName = 'standard-webhooks';

/** How a sender signs: it decides how its secrets are written. */
function signatureIn(raw: JsonObject, ways: Way[]): SignatureName {
  const own = z.enum(SIGNATURE_NAMES).safeParse(raw.signature);
  return ways.includes('ed25519')
    ? WITH_PUBLIC_KEYS
    : own.data ?? signatureOf(raw.dialect);
}

function describeOtherSignature(
  { signature }: JsonObject,
  ways: Way[],
): string | undefined {
  return ways.includes('ed25519') &&
    ![undefined, WITH_PUBLIC_KEYS].includes(signature as SignatureName)
    ? `must be ${quoteValue(
        WITH_PUBLIC_KEYS,
      )} beside "ed25519" of verify.all, or be left out`
    : undefined;
}

function describeMissingNamespace({
  namespaces,
  ...raw
}: JsonObject): string | undefined {
  const template = entity.safeParse(raw.entity ?? DEFAULT_ENTITY);
  if (
    !template.success ||
    !Array.isArray(namespaces) ||
    namespaces.length === 0
  ) {
    return undefined;
  }
  const { namespace: own } = parseEntityTemplate(template.data);
  return namespaces.includes(own)
    ? undefined
    : `lacks ${quoteValue(
        own,
      )}, the namespace of entity; add it, or remove the key`;
}

function describeUnknownDialect(
  { dialect = 'catalog' }: JsonObject,
  added: readonly string[] | undefined,
): string | undefined {
  const known: string[] = [...DIALECT_NAMES, ...(added ?? [])];
  return added === undefined ||
    typeof dialect !== 'string' ||
    dialect.trim() === '' ||
    known.includes(dialect)
    ? undefined
    : `unknown dialect ${quoteValue(dialect)}, ${suggest(dialect, known)}`;
}

/** What an event cannot do without, where only the mapping gives it. */
function describeMissingMapping({
  dialect,
  mapping: given,
}: JsonObject): string | undefined {
  if (dialect !== 'json' || (given !== undefined && !isObject(given))) {
    return undefined;
  }
  const { service, repository, ...fields } = given ?? {};
  const missing = ['event', 'version', 'environment'].filter(
    name => fields[name] === undefined,
  );
  if (service === undefined && repository === undefined) {
    missing.push('service');
  }
  return missing.length === 0
    ? undefined
    : `lacks ${missing.join(
        ', ',
      )}: with dialect json each of them is an expression over the body, such as "deployment.status"`;
}

function describeUnknownSource(
  { record }: JsonObject,
  sourceNames: readonly string[],
): string | undefined {
  const name = isObject(record) ? record.source : undefined;
  return typeof name !== 'string' ||
    name.trim() === '' ||
    sourceNames.includes(name)
    ? undefined
    : `unknown source ${quoteValue(name)}, ${suggest(name, sourceNames)}`;
}
