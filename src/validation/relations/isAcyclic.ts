/**
 * Whether relations, whatever their types, lead nowhere back. Takes away what
 * nothing leads to, again and again (Kahn, 1962): far cheaper than to look for
 * cycles, where there are none.
 */
export function isAcyclic(
  edges: ReadonlyMap<string, ReadonlyArray<{ target: string }>>,
): boolean {
  const incoming = new Map<string, number>();
  for (const leading of edges.values()) {
    for (const { target } of leading) {
      // What leads nowhere on lies on no cycle.
      if (edges.has(target)) {
        incoming.set(target, (incoming.get(target) ?? 0) + 1);
      }
    }
  }
  const free = [...edges.keys()].filter(ref => !incoming.has(ref));
  for (const ref of free) {
    for (const { target } of edges.get(ref)!) {
      const left = incoming.get(target);
      if (left === 1) {
        incoming.delete(target);
        free.push(target);
      } else if (left !== undefined) {
        incoming.set(target, left - 1);
      }
    }
  }
  return incoming.size === 0;
}
