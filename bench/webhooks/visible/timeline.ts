/** Something that happened in the backend's process. */
export interface Happening {
  type: 'answer' | 'refresh' | 'mutation' | 'fetch';
  /** On the machine's clock, in milliseconds. */
  at: number;
  /** Of a fetch: when its answer began. */
  until?: number;
  /** The delivery, refresh keys, refs or URL that it is about. */
  about: string[];
}

/**
 * Milliseconds from a delivery's 202 to the call into the catalog that it asked
 * for, without the time that was spent on waiting for a metadata API meanwhile.
 * Undefined where that has not happened yet.
 */
export function ownTime(
  happenings: Happening[],
  options: { delivery: string; call: 'refresh' | 'mutation'; about: string },
): number | undefined {
  const { delivery, call, about } = options;
  const answer = happenings.find(
    one => one.type === 'answer' && one.about.includes(delivery),
  );
  const called = happenings.find(
    one => one.type === call && one.about.includes(about),
  );
  if (!answer || !called) {
    return undefined;
  }
  const fetched = happenings
    .filter(one => one.type === 'fetch' && one.at >= answer.at)
    .reduce((sum, { at, until = at }) => sum + until - at, 0);
  return called.at - answer.at - fetched;
}
