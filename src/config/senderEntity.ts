import {
  KubernetesValidatorFunctions,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { objectName, fullEntityRef } from './entities';
import { caselessMap, checkedText } from './primitives';
import type { SenderSettings } from './sender';

/** Stands for the name of the service in a sender's templates. */
const SERVICE = '{service}';
export const DEFAULT_ENTITY = `component:default/${SERVICE}`;

type Audience = Pick<SenderSettings, 'entity' | 'aliases'>;

/** A sender's entity template in its parts, in lower case. */
export interface EntityTemplate {
  kind: string;
  namespace: string;
  /** What stands before the service in the name. */
  namePrefix: string;
  /** What stands after it. */
  nameSuffix: string;
}

/**
 * Reads a template such as `component:default/{service}`. The kind is named,
 * and `{service}` stands once, in the name: what a sender posts must not
 * choose the kind or the namespace of the entity that it changes.
 */
export function parseEntityTemplate(template: string): EntityTemplate {
  const fault = templateFault(template);
  if (fault) {
    throw new InputError(`The entity template "${template}" ${fault}`);
  }
  const { kind, namespace, name } = parseEntityRef(template.toLowerCase());
  const [namePrefix, nameSuffix] = name.split(SERVICE);
  return { kind, namespace, namePrefix, nameSuffix };
}

function templateFault(value: string): string | undefined {
  const parts = value.split(SERVICE);
  if (parts.length !== 2) {
    const times = parts.length - 1;
    return `has ${SERVICE} ${times} times, not once; try "${DEFAULT_ENTITY}"`;
  }
  if (/[:/]/.test(parts[1])) {
    return `has ${SERVICE} before the name; kind and namespace are fixed, as in "${DEFAULT_ENTITY}"`;
  }
  return fullEntityRef(parts.join('x'))
    ? undefined
    : `does not make an entity ref; try "${DEFAULT_ENTITY}"`;
}

/** Template of the entity ref that an event is about, in its full form. */
export const entity = checkedText(templateFault).transform(value =>
  stringifyEntityRef(parseEntityRef(value)),
);

/** What `catalog_refresh` fetches. Which sources there are is checked beside it. */
export const recordId = checkedText(value => {
  const parts = value.split(SERVICE);
  return parts.length > 1 && !/[{}]/.test(parts.join(''))
    ? undefined
    : `is not a template of a record id; use ${SERVICE} in it and nothing else in braces`;
}).prefault(SERVICE);

/** Names of services are compared in lower case, as the catalog does with its refs. */
export const aliases = caselessMap(objectName).transform(value =>
  Object.fromEntries(
    Object.entries(value).map(([name, alias]) => [name.toLowerCase(), alias]),
  ),
);

const audience = z
  .object({ entity: entity.catch(DEFAULT_ENTITY), aliases: aliases.catch({}) })
  .catch({ entity: DEFAULT_ENTITY, aliases: {} });

/**
 * Which entities a sender's events are about, even if its block has faults: a
 * missing secret must not take deployments off their entities.
 */
export function readAudience(value: unknown): Audience {
  return audience.parse(value);
}

/** The service that an event is about: what an alias makes of its name, or the name as it is. */
export function resolveService(
  { aliases: given }: Pick<Audience, 'aliases'>,
  service: string,
): string {
  const key = service.toLowerCase();
  return Object.hasOwn(given, key) ? given[key] : service;
}

/** Names the entity that an event of a sender is about, in lower case; the template is read once. */
export function createEntityRefOf(
  sender: Audience,
): (service: string) => string {
  const { kind, namespace, namePrefix, nameSuffix } = parseEntityTemplate(
    sender.entity,
  );
  return service => {
    const name = resolveService(sender, service).toLowerCase();
    return `${kind}:${namespace}/${namePrefix}${name}${nameSuffix}`;
  };
}

/** Why a service that no alias changes any more cannot name an entity, or undefined where it can. */
export function nameFault(
  { namePrefix, nameSuffix }: EntityTemplate,
  service: string,
): string | undefined {
  return KubernetesValidatorFunctions.isValidObjectName(
    `${namePrefix}${service}${nameSuffix}`,
  )
    ? undefined
    : 'does not name an entity: at most 63 letters, digits, "-", "_" and ".", the first and the last a letter or a digit';
}
