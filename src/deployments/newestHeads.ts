import type { DeploymentHead } from './deployment';

/** What decides which of two heads is newer. */
export type HeadOrder = Pick<DeploymentHead, 'eventAt' | 'arrival'>;

/**
 * Whether a head is newer than another of the same entity and environment,
 * whoever tells of them: it happened later, or at the same time and came later.
 */
export function isNewer(head: HeadOrder, other: HeadOrder): boolean {
  if (head.eventAt !== other.eventAt) {
    return head.eventAt > other.eventAt;
  }
  return head.arrival > other.arrival;
}

/** What counts of the heads of one entity in one environment. */
export function newestOf(heads: DeploymentHead[]): DeploymentHead | undefined {
  let newest: DeploymentHead | undefined;
  for (const head of heads) {
    if (!newest || isNewer(head, newest)) {
      newest = head;
    }
  }
  return newest;
}

/** What counts of the heads of one entity, by environment. */
export function newestHeads<
  T extends HeadOrder & Pick<DeploymentHead, 'environment'>,
>(heads: Iterable<T>): Map<string, T> {
  const newest = new Map<string, T>();
  for (const head of heads) {
    const other = newest.get(head.environment);
    if (!other || isNewer(head, other)) {
      newest.set(head.environment, head);
    }
  }
  return newest;
}
