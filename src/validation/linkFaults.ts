import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import type { Fault } from './faults';

/** Links that are malformed, or that a browser should not follow. */
export function linkFaults({ metadata }: JsonObject): Fault[] {
  const links = isObject(metadata) ? metadata.links : undefined;
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
      value: quoteValue(link),
    };
  }
  if (typeof link.url !== 'string') {
    return {
      code: 'entity-invalid',
      path: fieldPath(path, 'url'),
      reason: `is ${
        link.url === undefined ? 'missing' : 'not a text'
      }; leave the whole link out where there is no URL`,
      value: quoteValue(link.url),
    };
  }
  const reason = linkUrlFault(link.url);
  return reason
    ? {
        code: 'link-not-allowed',
        path: fieldPath(path, 'url'),
        reason: `${reason}; use an http, https or mailto URL`,
        value: quoteValue(link.url),
      }
    : undefined;
}

const LINK_PROTOCOLS = ['http:', 'https:', 'mailto:'];
const SCRIPT_SCHEME = /^(?:javascript|vbscript|data):/i;

/** Why a URL cannot be a link; undefined where it can. */
export function linkUrlFault(url: string): string | undefined {
  if (/\p{Cc}/u.test(url)) {
    return 'contains a control character';
  }
  if (!URL.canParse(url)) {
    return 'is not an absolute URL';
  }
  return LINK_PROTOCOLS.includes(new URL(url).protocol)
    ? undefined
    : 'is neither http, https nor mailto';
}

/**
 * Whether a browser would run the URL or show it as a page of its own. Browsers
 * ignore white space and control characters at its start, and line breaks
 * anywhere in it.
 */
export function isScriptUrl(value: string): boolean {
  return (
    value.includes(':') && SCRIPT_SCHEME.test(value.replace(/[\s\p{C}]/gu, ''))
  );
}
