import type { BodyReading, Dialect } from '../dialect';
import { headersOf } from './headersOf';

/** What a dialect makes of a body that has one event. */
export function readWith(
  { readBody }: Pick<Dialect, 'readBody'>,
  body: Buffer,
  headers: NodeJS.Dict<string[]> = {},
) {
  const reading = readBody({ body, headers: headersOf(headers) });
  const { readings, isBatch } = reading as BodyReading;
  expect([isBatch, readings.length]).toEqual([false, 1]);
  return readings[0];
}
