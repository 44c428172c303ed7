const LINK_PROTOCOLS = ['http:', 'https:', 'mailto:'];
const SCRIPT_SCHEME = /^(?:javascript|vbscript|data):/i;

/** Why a URL must not become a link; undefined where it may. */
export function whyNoLink(url: string): string | undefined {
  if (/\p{Cc}/u.test(url)) {
    return 'holds a control character';
  }
  if (!URL.canParse(url)) {
    return 'is not an absolute URL';
  }
  return LINK_PROTOCOLS.includes(new URL(url).protocol)
    ? undefined
    : 'is neither http, https nor mailto';
}

/**
 * Whether a browser would run it or show it as a page of its own. Browsers skip
 * white space and control characters at the start and line breaks anywhere.
 */
export function isScriptUrl(value: string): boolean {
  return SCRIPT_SCHEME.test(value.replace(/[\s\p{C}]/gu, ''));
}
