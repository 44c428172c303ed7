import type {
  Delivery,
  DeliveryClaim,
  DeliveryStore,
  Settlement,
  UnmatchedService,
} from '../delivery';

interface Stored {
  delivery: Delivery;
  dueAt: number | undefined;
  ticket: number;
}

/** Deliveries in memory that keep what the store promises of claims. */
export class FakeDeliveries
  implements
    Pick<
      DeliveryStore,
      'claim' | 'listUnmatchedServices' | 'listUnmatched' | 'requeue'
    >
{
  readonly stored: Stored[] = [];
  /** What each claim was asked for. */
  readonly claims: Array<{ limit: number; leaseMs: number; now: Date }> = [];
  /** The ids of each call that settled some. */
  readonly settled: string[][] = [];
  private tickets = 0;

  /** Stores a delivery, due since its receipt where it is not settled. */
  add(...deliveries: Delivery[]): void {
    for (const delivery of deliveries) {
      const due = ['pending', 'failed'].includes(delivery.state);
      this.stored.push({
        delivery: { ...delivery, attempts: 0 },
        dueAt: due ? delivery.receivedAt.getTime() : undefined,
        ticket: 0,
      });
    }
  }

  async claim(options: {
    limit: number;
    leaseMs: number;
    now: Date;
  }): Promise<DeliveryClaim> {
    this.claims.push(options);
    const now = options.now.getTime();
    const ticket = ++this.tickets;
    const due = this.stored
      .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now)
      .slice(0, options.limit);
    for (const each of due) {
      if (each.ticket !== 0) {
        each.delivery.attemptsLost = (each.delivery.attemptsLost ?? 0) + 1;
      }
      each.ticket = ticket;
      each.dueAt = now + options.leaseMs;
      each.delivery.attempts++;
    }
    return {
      deliveries: due.map(({ delivery }) => ({ ...delivery })),
      settle: async settlements => this.settle(ticket, settlements),
      extend: async (ids, until) => {
        for (const each of this.held(ticket, ids)) {
          each.dueAt = until.getTime();
        }
      },
    };
  }

  async listUnmatchedServices(options: {
    limit: number;
    after?: UnmatchedService;
  }): Promise<UnmatchedService[]> {
    const keys = this.unmatched().map(serviceOf).map(keyOf);
    const after = options.after && keyOf(options.after);
    return [...new Set(keys)]
      .sort()
      .filter(key => after === undefined || key > after)
      .slice(0, options.limit)
      .map(key => {
        const [sender, serviceKey] = key.split(' ');
        return { sender, serviceKey };
      });
  }

  async listUnmatched(options: {
    services: UnmatchedService[];
    limit: number;
    after?: number;
  }): Promise<Delivery[]> {
    const keys = new Set(options.services.map(keyOf));
    return this.unmatched()
      .filter(each => keys.has(keyOf(serviceOf(each))))
      .filter(({ sequence }) => sequence > (options.after ?? 0))
      .slice(0, options.limit);
  }

  async requeue(ids: string[], now: Date): Promise<number> {
    const found = this.stored.filter(
      ({ delivery }) =>
        ids.includes(delivery.id) && delivery.state !== 'ignored',
    );
    for (const each of found) {
      each.delivery.state = 'pending';
      each.delivery.queuedAt = now;
      each.delivery.attemptsBefore = each.delivery.attempts;
      each.delivery.attemptsLost = undefined;
      Object.assign(each, { dueAt: now.getTime(), ticket: 0 });
    }
    return found.length;
  }

  /** The state of each, by its version. */
  states(): Record<string, string> {
    return Object.fromEntries(
      this.stored.map(({ delivery }) => [
        delivery.event.version,
        delivery.state,
      ]),
    );
  }

  private unmatched(): Delivery[] {
    return this.stored
      .map(({ delivery }) => delivery)
      .filter(({ state }) => state === 'unmatched');
  }

  private held(ticket: number, ids: string[]): Stored[] {
    return this.stored.filter(
      each => each.ticket === ticket && ids.includes(each.delivery.id),
    );
  }

  private settle(
    ticket: number,
    settlements: Map<string, Settlement>,
  ): ReadonlySet<string> {
    this.settled.push([...settlements.keys()]);
    const held = this.held(ticket, [...settlements.keys()]);
    for (const each of held) {
      const { state, reason, retryAt } = settlements.get(each.delivery.id)!;
      Object.assign(each.delivery, { state, reason });
      Object.assign(each, { dueAt: retryAt?.getTime(), ticket: 0 });
    }
    return new Set(held.map(({ delivery }) => delivery.id));
  }
}

function serviceOf({ sender, event }: Delivery): UnmatchedService {
  return { sender, serviceKey: event.service.toLowerCase() };
}

function keyOf({ sender, serviceKey }: UnmatchedService): string {
  return `${sender} ${serviceKey}`;
}
