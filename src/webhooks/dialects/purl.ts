const DIGEST =
  /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** The version and the digest of an artifact. */
export interface Artifact {
  version: string;
  digest?: string;
}

/**
 * What a package URL (`pkg:oci/myapp@sha256%3A…?tag=1.2`) says of the version.
 * An image has its digest as its version: its tag is what people call it. What
 * is no package URL is a version itself.
 */
export function readPurl(text: string | undefined): Artifact | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!text.startsWith('pkg:')) {
    return withDigest(text, text);
  }
  const [beforeQuery, query = ''] = text.split('#')[0].split('?');
  const at = beforeQuery.lastIndexOf('@');
  const version = at < 0 ? '' : decode(beforeQuery.slice(at + 1));
  const qualifiers = new URLSearchParams(query);
  const called = qualifiers.get('tag') || version;
  return called === ''
    ? undefined
    : withDigest(called, version, qualifiers.get('checksum') ?? '');
}

function withDigest(version: string, ...candidates: string[]): Artifact {
  const digest = candidates.find(each => DIGEST.test(each));
  return { version, ...(digest !== undefined && { digest }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
