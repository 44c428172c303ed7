import { InputError } from '@backstage/errors';
import { MAX_ID_LENGTH } from '../../lib/keys';
import { quoteValue, UNPRINTABLE } from '../../lib/values';

/** Schemes with `//`, network paths (`//host`) and absolute paths (RFC 3986, section 4.2). */
const ABSOLUTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|\/)/i;

/** The URL of a record: the template, with the encoded id for each `{id}`. */
export function buildRecordUrl(template: string, recordId: string): URL {
  assertRecordId(recordId);
  return new URL(template.replaceAll('{id}', encodeURIComponent(recordId)));
}

/**
 * Accepts an id of 1 to 255 characters that stays where a URL template puts it,
 * however often servers and proxies on the way decode it.
 *
 * Throws an `InputError` for an id with control characters, backslashes, lone
 * surrogates or a segment `.` or `..`, and for one that looks like an absolute
 * URL or path.
 */
export function assertRecordId(recordId: string): void {
  if (recordId === '' || recordId.length > MAX_ID_LENGTH) {
    throw idError(recordId, `must have 1 to ${MAX_ID_LENGTH} characters`);
  }
  assertHarmless(recordId, recordId);
}

export function isRecordId(recordId: string): boolean {
  try {
    assertRecordId(recordId);
    return true;
  } catch {
    return false;
  }
}

/** Checks the id in one form, and then in the form that it has once decoded. */
function assertHarmless(form: string, recordId: string): void {
  if (UNPRINTABLE.test(form) || form.includes('\\')) {
    throw idError(
      recordId,
      'must not contain control characters, lone surrogates or backslashes',
    );
  }
  if (ABSOLUTE.test(form)) {
    throw idError(recordId, 'must not be an absolute URL or path');
  }
  if (form.split('/').some(segment => segment === '.' || segment === '..')) {
    throw idError(recordId, 'must not have a segment "." or ".."');
  }
  const decoded = decodeAscii(form);
  if (decoded !== form) {
    assertHarmless(decoded, recordId);
  }
}

/**
 * Percent-decodes once, ASCII only. Every character that could lead out is
 * ASCII, so malformed escapes next to it cannot hide it.
 */
function decodeAscii(text: string): string {
  return text.replace(/%[0-7][0-9a-f]/gi, escape =>
    String.fromCharCode(parseInt(escape.slice(1), 16)),
  );
}

function idError(recordId: string, rule: string): InputError {
  return new InputError(`Record id ${quoteValue(recordId)} ${rule}`);
}
