import { isUtf8 } from 'node:buffer';

const BYTE_ORDER_MARK = '\ufeff';

export type JsonReading =
  | {
      type: 'json';
      value: unknown;
      /** The text that was read. */
      payload: string;
    }
  | { type: 'invalid'; message: string };

// The parser's own message would quote the payload.
const NOT_JSON: JsonReading = {
  type: 'invalid',
  message: 'The body is not JSON in UTF-8',
};

/** Reads JSON in UTF-8, and keeps its text as it was sent. */
export function readJson(body: Buffer): JsonReading {
  // Decoding would put a replacement for what is not UTF-8.
  if (!isUtf8(body)) {
    return NOT_JSON;
  }
  const payload = body.toString('utf8');
  try {
    const text = payload.startsWith(BYTE_ORDER_MARK)
      ? payload.slice(BYTE_ORDER_MARK.length)
      : payload;
    return { type: 'json', value: JSON.parse(text), payload };
  } catch {
    return NOT_JSON;
  }
}
