import type { ConfigPath, Fault } from './fault';
import { parseEntityTemplate } from './senderEntity';
import { DEFAULT_ENTITY, entity } from './senderTemplates';
import { isObject, quote } from './values';

/**
 * What is wrong with keys of a sender beside one another. On the raw value, so
 * that it is found beside the faults of single keys.
 */
export function findSenderFaults(value: unknown, path: ConfigPath): Fault[] {
  if (!isObject(value)) {
    return [];
  }
  const reasons = {
    trustProxy: describeMissingTrust(value),
    namespaces: describeMissingNamespace(value),
  };
  return Object.entries(reasons).flatMap(([key, reason]) =>
    reason === undefined ? [] : [{ path: [...path, key], reason }],
  );
}

type Raw = Record<string, unknown>;

/** Whose address is compared depends on it, and a wrong guess lets anybody in. */
function describeMissingTrust(raw: Raw): string | undefined {
  return raw.allowFrom !== undefined && raw.trustProxy === undefined
    ? 'is missing beside allowFrom; give the number of proxies in front of the backend, a list of their networks, or false where there are none'
    : undefined;
}

function describeMissingNamespace(raw: Raw): string | undefined {
  const template = entity.safeParse(raw.entity ?? DEFAULT_ENTITY);
  if (!template.success || !isFilledList(raw.namespaces)) {
    return undefined;
  }
  const { namespace } = parseEntityTemplate(template.data);
  return raw.namespaces.includes(namespace)
    ? undefined
    : `leaves out ${quote(
        namespace,
      )}, the namespace of entity, so that nothing could ever arrive; add it, or remove the key`;
}

function isFilledList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0;
}
