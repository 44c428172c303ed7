import { InputError } from '@backstage/errors';

const PLACEHOLDER = '{id}';
const MAX_ID_LENGTH = 255;
const MAX_QUOTED_LENGTH = 80;

/** Before the id, the origin has to be complete and a path or query begun. */
const FIXED_PART = /^https?:\/\/[^/?#\\]+[/?][^#]*$/i;

/** Schemes with `//`, network paths (`//host`) and absolute paths (RFC 3986, section 4.2). */
const ABSOLUTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|\/)/i;

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
  let form = recordId;
  for (;;) {
    assertHarmless(form, recordId);
    const decoded = decodeAscii(form);
    if (decoded === form) {
      return;
    }
    form = decoded;
  }
}

/**
 * The URL of a record: `template` with the encoded id for each `{id}` in its
 * path or query.
 *
 * Throws an `InputError` for an id that `assertRecordId` refuses or that would
 * leave the template's origin or path, and for a template without `{id}`.
 */
export function buildRecordUrl(options: {
  template: string;
  recordId: string;
}): URL {
  const { template, recordId } = options;
  assertRecordId(recordId);
  const fixedPart = template.slice(0, template.indexOf(PLACEHOLDER));
  if (
    !template.includes(PLACEHOLDER) ||
    !FIXED_PART.test(fixedPart) ||
    !URL.canParse(fixedPart)
  ) {
    throw new InputError(
      `"recordUrl" must be an http(s) URL with ${PLACEHOLDER} in its path or query`,
    );
  }
  const url = new URL(
    template.replaceAll(PLACEHOLDER, encodeURIComponent(recordId)),
  );
  const base = new URL(fixedPart);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
    throw idError(recordId, 'must not lead out of "recordUrl"');
  }
  return url;
}

function assertHarmless(form: string, recordId: string): void {
  if (/[\p{Cc}\p{Cs}\\]/u.test(form)) {
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
  const shown =
    recordId.length > MAX_QUOTED_LENGTH
      ? `${recordId.slice(0, MAX_QUOTED_LENGTH)}…`
      : recordId;
  // JSON escapes what would otherwise break out of a log line.
  return new InputError(`Record id ${JSON.stringify(shown)} ${rule}`);
}
