import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import type { SenderSettings } from '../model/settings';
import { block, list, map } from './containers';
import { entityName, isEntityRef } from './entities';
import { suggest } from './nearest';
import { checkedText, isObject, quote, text } from './values';

/** Where the name of the service goes in a sender's templates. */
const SERVICE = '{service}';
const DEFAULT_ENTITY = `component:default/${SERVICE}`;
const MIN_SECRET_BYTES = 16;
/** What the log of deliveries has room for. */
const MAX_SECRET_ID_LENGTH = 63;

const dialect = checkedText(value =>
  value === 'catalog'
    ? undefined
    : `unknown dialect ${quote(value)}, ${suggest(value, ['catalog'])}`,
).transform(() => 'catalog' as const);

const secret = block({
  id: text().refine(value => value.length <= MAX_SECRET_ID_LENGTH, {
    error: `is longer than ${MAX_SECRET_ID_LENGTH} characters`,
  }),
  secret: text().refine(
    value => Buffer.byteLength(value, 'utf8') >= MIN_SECRET_BYTES,
    {
      error: `is shorter than ${MIN_SECRET_BYTES} bytes; "openssl rand -hex 32" makes a good one`,
    },
  ),
});

const secrets = list(secret).superRefine((value, ctx) => {
  const ids = value.map(({ id }) => id);
  ids.forEach((id, index) => {
    if (ids.indexOf(id) < index) {
      const message = `${quote(
        id,
      )} names two secrets; give each an id of its own`;
      ctx.addIssue({ code: 'custom', path: [index, 'id'], message });
    }
  });
});

const entity = checkedText(describeBadEntity).transform(value =>
  stringifyEntityRef(parseEntityRef(value)),
);

function describeBadEntity(value: string): string | undefined {
  const parts = value.split(SERVICE);
  if (parts.length !== 2) {
    return `${quote(value)} has ${SERVICE} ${
      parts.length - 1
    } times, not once; try "component:default/${SERVICE}"`;
  }
  if (/[:/]/.test(parts[1])) {
    return `${quote(
      value,
    )} has ${SERVICE} before the name; kind and namespace are fixed, as in "component:default/${SERVICE}"`;
  }
  return isEntityRef(parts.join('x'))
    ? undefined
    : `${quote(
        value,
      )} does not make an entity ref; try "component:default/${SERVICE}"`;
}

const recordId = checkedText(value => {
  const parts = value.split(SERVICE);
  return parts.length > 1 && !/[{}]/.test(parts.join(''))
    ? undefined
    : `${quote(
        value,
      )} is not a template of a record id; use ${SERVICE} in it and nothing else in braces`;
});

/** Names of services are compared in lower case, as the catalog does with its refs. */
const aliases = map(entityName)
  .superRefine((value, ctx) => {
    const names = Object.keys(value).map(name => name.toLowerCase());
    Object.keys(value).forEach((name, index) => {
      if (names.indexOf(name.toLowerCase()) < index) {
        const message =
          'is given twice; upper and lower case are the same here';
        ctx.addIssue({ code: 'custom', path: [name], message });
      }
    });
  })
  .transform(value =>
    Object.fromEntries(
      Object.entries(value).map(([name, alias]) => [name.toLowerCase(), alias]),
    ),
  );

/** One entry of `catalog.customData.webhooks`. */
export function senderBlock(sourceNames: readonly string[]) {
  const source = checkedText(value =>
    sourceNames.includes(value)
      ? undefined
      : `unknown source ${quote(value)}, ${suggest(value, sourceNames)}`,
  );
  return block({
    dialect: dialect.default('catalog'),
    secrets,
    entity: entity.default(DEFAULT_ENTITY),
    record: block({ source, id: recordId.default(SERVICE) }).optional(),
    aliases: aliases.default({}),
  });
}

/**
 * Which entities a sender's events are about, even where its block has faults:
 * a secret that is missing must not take deployments off their entities.
 */
export function readAudience(
  value: unknown,
): Pick<SenderSettings, 'entity' | 'aliases'> {
  const given = isObject(value) ? value : {};
  const readEntity = entity.safeParse(given.entity);
  const readAliases = aliases.safeParse(given.aliases);
  return {
    entity: readEntity.success ? readEntity.data : DEFAULT_ENTITY,
    aliases: readAliases.success ? readAliases.data : {},
  };
}
