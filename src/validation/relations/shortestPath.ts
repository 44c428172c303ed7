/** A shortest way between two refs, both included; undefined where there is none. */
export function shortestPath(
  from: string,
  to: string,
  next: (ref: string) => string[],
): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const waiting = [from];
  for (const ref of waiting) {
    if (ref === to) {
      return wayTo(to, cameFrom);
    }
    for (const target of next(ref)) {
      if (!cameFrom.has(target)) {
        cameFrom.set(target, ref);
        waiting.push(target);
      }
    }
  }
  return undefined;
}

function wayTo(
  to: string,
  cameFrom: Map<string, string | undefined>,
): string[] {
  const way: string[] = [];
  for (let ref: string | undefined = to; ref !== undefined; ) {
    way.push(ref);
    ref = cameFrom.get(ref);
  }
  return way.reverse();
}
