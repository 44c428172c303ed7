let last: Promise<unknown> = Promise.resolve();

/**
 * Runs evaluations one after the other. They never wait for anything outside
 * the process, so this costs no time, and each one's time limit measures its
 * own work rather than that of all which were started together.
 */
export function inTurn<T>(evaluate: () => Promise<T>): Promise<T> {
  const result = last.then(evaluate);
  last = result.catch(() => undefined);
  return result;
}
