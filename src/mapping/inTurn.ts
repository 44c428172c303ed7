let last: Promise<unknown> | undefined;

/**
 * Runs evaluations one after the other. They never wait for anything outside
 * the process, so this costs no time, and each one's time limit measures its
 * own work rather than that of all which were started together.
 */
export function inTurn<T>(evaluate: () => Promise<T>): Promise<T> {
  const result = last ? last.then(evaluate) : evaluate();
  const ended = result.then(end, end);
  last = ended;
  return result;

  function end() {
    if (last === ended) {
      last = undefined;
    }
  }
}
