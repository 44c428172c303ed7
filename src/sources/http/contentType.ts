/** What a `Content-Type` promises of a body. */
export type ContentTypeVerdict =
  | { type: 'json' }
  /** Nothing or as good as nothing is promised: it may still parse. */
  | { type: 'unspecified' }
  | { type: 'html' }
  /** `mediaType` is absent where it is too odd to be repeated in a message. */
  | { type: 'other'; mediaType?: string };

const JSON_TYPE =
  /^(?:application\/json|text\/json|[\w.!#$&^-]+\/[\w.!#$&^+-]+\+json)$/;
const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)$/;
const PLAIN_MEDIA_TYPE = /^[a-z]{1,20}\/[a-z0-9.+-]{1,60}$/;

/** Judges a `Content-Type` by its media type; parameters such as `charset` are of no account (RFC 8259, section 11). */
export function judgeContentType(header: string | null): ContentTypeVerdict {
  const mediaType = (header ?? '').split(';')[0].trim().toLowerCase();
  if (mediaType === '' || mediaType === 'text/plain') {
    return { type: 'unspecified' };
  }
  if (JSON_TYPE.test(mediaType)) {
    return { type: 'json' };
  }
  if (HTML_TYPE.test(mediaType)) {
    return { type: 'html' };
  }
  return PLAIN_MEDIA_TYPE.test(mediaType)
    ? { type: 'other', mediaType }
    : { type: 'other' };
}
