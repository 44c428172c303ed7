const LINK_PROTOCOLS = ['http:', 'https:', 'mailto:'];
const SCRIPT_SCHEME = /^(?:javascript|vbscript|data):/i;

/** Why a URL must not become a link; undefined where it may. */
export function whyNoLink(url: string): string | undefined {
  if (/\p{Cc}/u.test(url)) {
    return 'holds a control character';
  }
  const protocol = protocolOf(url);
  if (protocol === undefined) {
    return 'is not an absolute URL';
  }
  return LINK_PROTOCOLS.includes(protocol)
    ? undefined
    : 'is neither http, https nor mailto';
}

function protocolOf(url: string): string | undefined {
  try {
    return new URL(url).protocol;
  } catch {
    return undefined;
  }
}

/**
 * Whether a browser would run it or show it as a page of its own. Browsers skip
 * white space and control characters at the start and line breaks anywhere.
 */
export function isScriptUrl(value: string): boolean {
  return (
    value.includes(':') && SCRIPT_SCHEME.test(value.replace(/[\s\p{C}]/gu, ''))
  );
}
