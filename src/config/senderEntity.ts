import {
  KubernetesValidatorFunctions,
  parseEntityRef,
} from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type { SenderSettings } from './settings';

const PLACEHOLDER = '{service}';

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
  const { kind, namespace, name } = parseEntityRef(template.toLowerCase());
  const [namePrefix, nameSuffix, ...more] = name.split(PLACEHOLDER);
  if (
    nameSuffix === undefined ||
    more.length > 0 ||
    !KubernetesValidatorFunctions.isValidKind(kind) ||
    !KubernetesValidatorFunctions.isValidNamespace(namespace) ||
    !isEntityName(`${namePrefix}x${nameSuffix}`)
  ) {
    throw new InputError(
      `The entity template "${template}" is not a kind, a namespace and a name with "${PLACEHOLDER}" in it once, such as "component:default/${PLACEHOLDER}"`,
    );
  }
  return { kind, namespace, namePrefix, nameSuffix };
}

/** A sender's aliases by service in lower case; of two that differ in case alone, the first. */
export function aliasesByServiceKey(
  sender: Pick<SenderSettings, 'aliases'>,
): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [from, to] of Object.entries(sender.aliases)) {
    const key = from.toLowerCase();
    if (!aliases.has(key)) {
      aliases.set(key, to);
    }
  }
  return aliases;
}

/** The service that an event is about: what an alias makes of its name, or the name as it is. */
export function resolveService(
  sender: Pick<SenderSettings, 'aliases'>,
  service: string,
): string {
  return aliasesByServiceKey(sender).get(service.toLowerCase()) ?? service;
}

/** Names the entity that an event of a sender is about, in lower case; template and aliases are read once. */
export function createEntityRefOf(
  sender: Pick<SenderSettings, 'aliases' | 'entity'>,
): (service: string) => string {
  const { kind, namespace, namePrefix, nameSuffix } = parseEntityTemplate(
    sender.entity,
  );
  const aliases = aliasesByServiceKey(sender);
  return service => {
    const key = service.toLowerCase();
    const name = (aliases.get(key) ?? key).toLowerCase();
    return `${kind}:${namespace}/${namePrefix}${name}${nameSuffix}`;
  };
}

/** Why a service that no alias changes any more cannot name an entity, or undefined where it can. */
export function nameFault(
  { namePrefix, nameSuffix }: EntityTemplate,
  service: string,
): string | undefined {
  return isEntityName(`${namePrefix}${service}${nameSuffix}`)
    ? undefined
    : 'does not name an entity: at most 63 letters, digits, "-", "_" and ".", the first and the last a letter or a digit';
}

function isEntityName(name: string): boolean {
  return KubernetesValidatorFunctions.isValidObjectName(name);
}
