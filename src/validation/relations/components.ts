interface Visit {
  index: number;
  targets: string[];
  position: number;
}

/**
 * Finds the strongly connected components among what can be reached: two refs
 * get the same number if and only if each reaches the other. Tarjan's algorithm
 * (1972), with a stack of its own in place of recursion.
 */
export function components(
  starts: Iterable<string>,
  next: (ref: string) => string[],
): (ref: string) => number | undefined {
  const indices = new Map<string, number>();
  const lowest: number[] = [];
  const component: Array<number | undefined> = [];
  const open: number[] = [];
  const path: Visit[] = [];
  const enter = (ref: string) => {
    const index = lowest.length;
    indices.set(ref, index);
    lowest.push(index);
    component.push(undefined);
    open.push(index);
    path.push({ index, targets: next(ref), position: 0 });
  };
  const lower = (index: number, to: number) => {
    lowest[index] = Math.min(lowest[index], to);
  };
  const leave = (index: number) => {
    path.pop();
    const parent = path.at(-1);
    if (parent) {
      lower(parent.index, lowest[index]);
    }
    if (lowest[index] === index) {
      for (const member of open.splice(open.lastIndexOf(index))) {
        component[member] = index;
      }
    }
  };
  for (const start of starts) {
    if (!indices.has(start)) {
      enter(start);
    }
    for (let top = path.at(-1); top; top = path.at(-1)) {
      if (top.position === top.targets.length) {
        leave(top.index);
        continue;
      }
      const target = top.targets[top.position++];
      const index = indices.get(target);
      if (index === undefined) {
        enter(target);
      } else if (component[index] === undefined) {
        lower(top.index, index);
      }
    }
  }
  return ref => component[indices.get(ref) ?? -1];
}
