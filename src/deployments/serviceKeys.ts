import { parseEntityRef } from '@backstage/catalog-model';
import {
  aliasesByServiceKey,
  parseEntityTemplate,
} from '../config/senderEntity';
import type { SenderSettings } from '../config/settings';

/** From an entity back to the services of a sender that are about it. */
export interface ServiceKeyLookup {
  sender: string;
  /** The only kind and namespace that the sender's events are about, in lower case. */
  kind: string;
  namespace: string;
  /** The service keys that show on the entity of this name, given in lower case. */
  serviceKeysOf(entityName: string): string[];
}

/** Prepares a look-up, so that none of its cost falls on an entity. */
export function createServiceKeyLookup(
  sender: Pick<SenderSettings, 'name' | 'entity' | 'aliases'>,
): ServiceKeyLookup {
  const { kind, namespace, namePrefix, nameSuffix } = parseEntityTemplate(
    sender.entity,
  );
  const aliases = aliasesByServiceKey(sender);
  const keysByAlias = invert(aliases);
  return {
    sender: sender.name,
    kind,
    namespace,
    serviceKeysOf(entityName) {
      if (
        entityName.length <= namePrefix.length + nameSuffix.length ||
        !entityName.startsWith(namePrefix) ||
        !entityName.endsWith(nameSuffix)
      ) {
        return [];
      }
      const service = entityName.slice(
        namePrefix.length,
        entityName.length - nameSuffix.length,
      );
      const own = aliases.has(service) ? [] : [service];
      return [...own, ...(keysByAlias.get(service) ?? [])];
    },
  };
}

/** The service keys of a sender that show on an entity; none where its events cannot be about it. */
export function serviceKeysOf(
  sender: Pick<SenderSettings, 'name' | 'entity' | 'aliases'>,
  entityRef: string,
): string[] {
  const lookup = createServiceKeyLookup(sender);
  const { kind, namespace, name } = parseEntityRef(entityRef.toLowerCase());
  return kind === lookup.kind && namespace === lookup.namespace
    ? lookup.serviceKeysOf(name)
    : [];
}

function invert(aliases: Map<string, string>): Map<string, string[]> {
  const inverse = new Map<string, string[]>();
  for (const [key, service] of aliases) {
    const target = service.toLowerCase();
    inverse.set(target, [...(inverse.get(target) ?? []), key]);
  }
  return inverse;
}
