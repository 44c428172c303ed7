import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';
import { type Fault, shown } from './fault';
import { isObject } from './plainCopy';
import { whyNoLink } from './urls';

/** Links that are none, or that lead where a browser should not go. */
export function linkFaults(metadata: JsonObject): Fault[] {
  const { links } = metadata;
  return Array.isArray(links)
    ? links.map(linkFault).filter(fault => fault !== undefined)
    : [];
}

function linkFault(link: JsonValue, index: number): Fault | undefined {
  const path = fieldPath('metadata.links', index);
  if (!isObject(link)) {
    return {
      code: 'entity-invalid',
      path,
      reason: 'is not an object; write { url, title }',
      value: shown(link),
    };
  }
  if (typeof link.url !== 'string') {
    return {
      code: 'entity-invalid',
      path: fieldPath(path, 'url'),
      reason:
        link.url === undefined
          ? 'is missing; leave the whole link out where there is no URL'
          : 'is not a text; leave the whole link out where there is no URL',
      value: shown(link.url),
    };
  }
  const reason = whyNoLink(link.url);
  return reason
    ? {
        code: 'link-not-allowed',
        path: fieldPath(path, 'url'),
        reason: `${reason}; use an http, https or mailto URL`,
        value: shown(link.url),
      }
    : undefined;
}
