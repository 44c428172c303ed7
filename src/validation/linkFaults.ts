import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import type { Fault } from './faults';

/** The URLs of links that a browser should not follow. */
export function linkFaults({ metadata }: JsonObject): Fault[] {
  const links = isObject(metadata) ? metadata.links : undefined;
  return Array.isArray(links) ? links.flatMap(linkFault) : [];
}

function linkFault(link: JsonValue, index: number): Fault[] {
  const url = isObject(link) ? link.url : undefined;
  const reason = typeof url === 'string' ? linkUrlFault(url) : undefined;
  return reason
    ? [
        {
          code: 'link-not-allowed',
          path: fieldPath(fieldPath('metadata.links', index), 'url'),
          reason: `${reason}; use an http, https or mailto URL`,
          value: quoteValue(url),
        },
      ]
    : [];
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
