import type { DeploymentHead } from './deployment';
import { replaces } from './recordOnto';

/** What is kept of a head: what shows, and what orders it. */
export type KnownHead = Pick<
  DeploymentHead,
  | 'sender'
  | 'environment'
  | 'status'
  | 'version'
  | 'eventAt'
  | 'sequence'
  | 'arrival'
>;

const NONE: readonly KnownHead[] = [];

/**
 * Heads in memory, of each lane the newest. A service has its lanes in their
 * order: most have one to four, for which a map costs more than it holds, and
 * of hundreds one is found in a few steps.
 */
export class LatestHeads {
  private readonly byServiceKey = new Map<string, KnownHead[]>();
  private readonly names = new Map<string, string>();

  learn(heads: readonly DeploymentHead[]): void {
    for (const head of heads) {
      const lanes = this.byServiceKey.get(head.serviceKey);
      if (!lanes) {
        this.byServiceKey.set(head.serviceKey, [this.keep(head)]);
        continue;
      }
      const place = placeOf(head, lanes);
      const known = lanes.at(place);
      if (!known || compareLanes(head, known) !== 0) {
        lanes.splice(place, 0, this.keep(head));
      } else if (replaces(head, known)) {
        lanes[place] = this.keep(head);
      }
    }
  }

  /** Whoever tells of them. */
  of(serviceKey: string): readonly KnownHead[] {
    return this.byServiceKey.get(serviceKey) ?? NONE;
  }

  /** Only what is needed: there is one for each service and environment. */
  private keep(head: DeploymentHead): KnownHead {
    return {
      sender: this.once(head.sender),
      environment: this.once(head.environment),
      status: this.once(head.status),
      version: head.version,
      eventAt: head.eventAt,
      sequence: head.sequence,
      arrival: head.arrival,
    };
  }

  /** The same text for all that have it. */
  private once<T extends string>(name: T): T {
    const known = this.names.get(name);
    if (known === undefined) {
      this.names.set(name, name);
    }
    return (known ?? name) as T;
  }
}

/** How many lanes come before that of a head. */
function placeOf(head: KnownHead, lanes: KnownHead[]): number {
  let from = 0;
  let to = lanes.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareLanes(lanes[middle], head) < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

function compareLanes(head: KnownHead, other: KnownHead): number {
  return (
    compare(head.sender, other.sender) ||
    compare(head.environment, other.environment) ||
    Number(head.sequence === undefined) - Number(other.sequence === undefined)
  );
}

function compare(text: string, other: string): number {
  if (text === other) {
    return 0;
  }
  return text < other ? -1 : 1;
}
