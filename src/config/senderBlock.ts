import { z } from 'zod';
import { block, list } from './containers';
import { milliseconds } from './durations';
import { namespace } from './entities';
import { environmentFault } from './environmentName';
import { suggest } from './nearest';
import { networks } from './networks';
import { senderSecrets } from './senderSecrets';
import {
  aliases,
  DEFAULT_ENTITY,
  entity,
  recordId,
  SERVICE,
} from './senderTemplates';
import { type DialectName, DIALECTS } from './settings';
import { trustProxy } from './trustProxy';
import { checkedText, flag, isObject, numberIn, quote, text } from './values';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const dialect = checkedText(value =>
  isDialect(value)
    ? undefined
    : `unknown dialect ${quote(value)}, ${suggest(value, DIALECTS)}`,
).transform(value => value as DialectName);

const REQUIRE_TIMESTAMP = {
  catalog: flag().default(false),
  'standard-webhooks': flag()
    .refine(value => value, {
      error:
        'is always true with dialect standard-webhooks, which signs the time; remove the key',
    })
    .default(true),
};

const rateLimit = block({
  requests: numberIn({ min: 1, max: 1_000_000, integer: true }).default(1200),
  window: milliseconds({ min: SECOND, max: 24 * HOUR }).default(MINUTE),
}).transform(({ requests, window }) => ({ requests, windowMs: window }));

/** Compared in lower case, as all names of services. */
const glob = text().transform(value => value.toLowerCase());

const environment = checkedText(value => {
  const fault = environmentFault(value);
  return fault && `${quote(value)} ${fault}`;
});

/** One entry of `catalog.customData.webhooks`; its dialect says what some of the keys may be. */
export function senderBlock(value: unknown, sourceNames: readonly string[]) {
  const spoken = dialectOf(value);
  const source = checkedText(name =>
    sourceNames.includes(name)
      ? undefined
      : `unknown source ${quote(name)}, ${suggest(name, sourceNames)}`,
  );
  return block({
    dialect: dialect.default('catalog'),
    secrets: senderSecrets(spoken),
    requireTimestamp: REQUIRE_TIMESTAMP[spoken],
    timeWindow: milliseconds({ min: SECOND, max: HOUR }).default(5 * MINUTE),
    allowFrom: networks.optional(),
    trustProxy: trustProxy.default(false),
    rateLimit: rateLimit.default({ requests: 1200, windowMs: MINUTE }),
    concurrency: numberIn({ min: 1, max: 10_000, integer: true }).default(50),
    maxBodyBytes: numberIn({
      min: 1000,
      max: 10_000_000,
      integer: true,
    }).default(1_000_000),
    paused: flag().default(false),
    namespaces: list(namespace).optional(),
    services: list(glob).optional(),
    environments: list(environment).optional(),
    entity: entity.default(DEFAULT_ENTITY),
    record: block({ source, id: recordId.default(SERVICE) }).optional(),
    aliases: aliases.default({}),
  });
}

export type SenderBlock = z.output<ReturnType<typeof senderBlock>>;

/** Where it is not known, secrets are read as texts. */
function dialectOf(value: unknown): DialectName {
  return isObject(value) && isDialect(value.dialect)
    ? value.dialect
    : 'catalog';
}

function isDialect(value: unknown): value is DialectName {
  return DIALECTS.some(known => known === value);
}
