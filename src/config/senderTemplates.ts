import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { map } from './containers';
import { entityName, isEntityRef } from './entities';
import type { SenderSettings } from './settings';
import { checkedText, isObject, quote } from './values';

/** Where the name of the service goes in a sender's templates. */
export const SERVICE = '{service}';
export const DEFAULT_ENTITY = `component:default/${SERVICE}`;

export const entity = checkedText(describeBadEntity).transform(value =>
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

export const recordId = checkedText(value => {
  const parts = value.split(SERVICE);
  return parts.length > 1 && !/[{}]/.test(parts.join(''))
    ? undefined
    : `${quote(
        value,
      )} is not a template of a record id; use ${SERVICE} in it and nothing else in braces`;
});

/** Names of services are compared in lower case, as the catalog does with its refs. */
export const aliases = map(entityName)
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
