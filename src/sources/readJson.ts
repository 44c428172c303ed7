import type { JsonValue } from '@backstage/types';
import type { AnswerBody } from './fetchAnswer';
import { parseAnswer } from './parseAnswer';

/** Reads a body as a whole. */
export async function readJson(body: AnswerBody): Promise<JsonValue> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) {
    chunks.push(chunk);
  }
  return parseAnswer({ ...body, bytes: Buffer.concat(chunks) });
}
