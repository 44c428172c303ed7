import { getEventListeners, getMaxListeners } from 'node:events';
import { mockServices } from '@backstage/backend-test-utils';
import type { RefreshOutcome } from '../model/catalog';
import type {
  ClaimedDelivery,
  Delivery,
  DeliveryState,
} from '../model/delivery';
import { RetryLaterError } from '../model/errors';
import type { SenderSettings } from '../model/settings';
import { createDeliveryWorker } from './createDeliveryWorker';

const ci: SenderSettings = {
  name: 'ci',
  dialect: 'catalog',
  secrets: [],
  entity: 'component:default/{service}',
  aliases: {},
};

const START = Date.parse('2026-11-22T12:00:00Z');

interface Stored {
  delivery: Delivery;
  dueAt: number | undefined;
  ticket: number;
}

/** A delivery store in memory that keeps the contract of claims. */
class FakeDeliveries {
  readonly stored: Stored[] = [];
  readonly claims = jest.fn();
  tickets = 0;

  add(service: string, options: Partial<Delivery> = {}): void {
    const sequence = this.stored.length + 1;
    this.stored.push({
      delivery: {
        id: `delivery-${service}`,
        sequence,
        sender: 'ci',
        event: {
          event: 'deployment.success',
          service,
          version: 'private-version',
          environment: 'production',
          catalogRefresh: true,
        },
        state: 'pending',
        attempts: 0,
        receivedAt: new Date(START),
        ...options,
      },
      dueAt: START,
      ticket: 0,
    });
  }

  accept = jest.fn();

  claim = async (options: { limit: number; leaseMs: number; now: Date }) => {
    this.claims(options);
    const now = options.now.getTime();
    return this.stored
      .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now)
      .slice(0, options.limit)
      .map(each => this.take(each, now + options.leaseMs));
  };

  private take(each: Stored, until: number): ClaimedDelivery {
    const ticket = ++this.tickets;
    each.ticket = ticket;
    each.dueAt = until;
    each.delivery.attempts++;
    const change = (state: DeliveryState, reason?: string, dueAt?: number) => {
      if (each.ticket === ticket) {
        Object.assign(each.delivery, { state, reason });
        Object.assign(each, { dueAt, ticket: 0 });
      }
    };
    return {
      delivery: { ...each.delivery },
      settle: async (state, _now, reason) => change(state, reason),
      extend: async extended => {
        if (each.ticket === ticket) {
          each.dueAt = extended.getTime();
        }
      },
      retry: async ({ at, reason }) => change('failed', reason, at.getTime()),
    };
  }

  states(): Record<string, string> {
    return Object.fromEntries(
      this.stored.map(({ delivery }) => [
        delivery.event.service,
        delivery.state,
      ]),
    );
  }
}

describe('createDeliveryWorker', () => {
  let time: number;
  let deliveries: FakeDeliveries;
  let refreshEntity: jest.Mock<
    Promise<RefreshOutcome>,
    [{ entityRef: string; signal: AbortSignal }]
  >;
  let logger: ReturnType<typeof mockServices.logger.mock>;
  const never = new AbortController().signal;
  const turn = () => new Promise(resolve => setImmediate(resolve));

  beforeEach(() => {
    time = START;
    deliveries = new FakeDeliveries();
    refreshEntity = jest.fn().mockResolvedValue('refreshed');
    logger = mockServices.logger.mock();
  });

  const create = (options: { shutdown?: AbortSignal } = {}) =>
    createDeliveryWorker({
      deliveries,
      deployments: {
        record: async () => 'current',
        current: async () => [],
      },
      refresher: { refreshKeys: async () => {}, refreshEntity },
      registry: {
        locationKeys: async () => new Map(),
        countOf: async () => 0,
        refsOf: async () => [],
      },
      senders: [ci],
      logger,
      now: () => new Date(time),
      random: () => 1,
      ...options,
    });

  /** Has `refreshEntity` wait until it is let go, by service. */
  function hold() {
    const held = new Map<string, (error?: Error) => void>();
    refreshEntity.mockImplementation(
      ({ entityRef }) =>
        new Promise((resolve, reject) => {
          held.set(entityRef.replace('component:default/', ''), error =>
            error ? reject(error) : resolve('refreshed'),
          );
        }),
    );
    return held;
  }

  it('settles all that is due, twenty at once', async () => {
    for (let i = 0; i < 43; i++) {
      deliveries.add(`s${i}`);
    }
    let inFlight = 0;
    let most = 0;
    refreshEntity.mockImplementation(async () => {
      most = Math.max(most, ++inFlight);
      await turn();
      inFlight--;
      return 'refreshed';
    });

    await create().run(never);

    expect(new Set(Object.values(deliveries.states()))).toEqual(
      new Set(['done']),
    );
    expect(refreshEntity).toHaveBeenCalledTimes(43);
    expect(most).toBe(20);
    expect(deliveries.claims).toHaveBeenCalledWith(
      expect.objectContaining({ leaseMs: 15_000 }),
    );
  });

  it('has twenty deliveries listen to one signal without a warning of a leak', async () => {
    const held = hold();
    for (let i = 0; i < 20; i++) {
      deliveries.add(`s${i}`);
    }
    const listening = jest.spyOn(EventTarget.prototype, 'addEventListener');
    const run = create().run(never);
    await turn();
    const signals = listening.mock.contexts as AbortSignal[];
    listening.mockRestore();
    const listeners = signals.map(
      each => getEventListeners(each, 'abort').length,
    );

    expect(Math.max(...listeners)).toBe(20);
    expect(
      signals.filter((each, i) => listeners[i] > getMaxListeners(each)),
    ).toEqual([]);
    held.forEach(release => release());
    await run;
  });

  it('leaves the signal of the process as it is', async () => {
    const shutdown = new AbortController();
    const held = hold();
    for (let i = 0; i < 20; i++) {
      deliveries.add(`s${i}`);
    }
    create({ shutdown: shutdown.signal }).kick();
    await turn();
    expect(getEventListeners(shutdown.signal, 'abort')).toHaveLength(1);
    held.forEach(release => release());
    await turn();
    expect(getEventListeners(shutdown.signal, 'abort')).toHaveLength(0);
  });

  it('does not let a slow delivery hold up the others, nor those that come later', async () => {
    const held = hold();
    ['slow', 'a', 'b'].forEach(service => deliveries.add(service));
    const worker = create();
    const run = worker.run(never);
    await turn();
    held.get('a')!();
    held.get('b')!();
    await turn();
    expect(deliveries.states()).toEqual({
      slow: 'pending',
      a: 'done',
      b: 'done',
    });

    deliveries.add('later');
    worker.kick();
    await turn();
    held.get('later')!();
    await turn();
    expect(deliveries.states()).toMatchObject({
      slow: 'pending',
      later: 'done',
    });

    held.get('slow')!();
    await run;
    expect(deliveries.states().slow).toBe('done');
  });

  it('never settles more than twenty, however often it is called', async () => {
    const held = hold();
    for (let i = 0; i < 28; i++) {
      deliveries.add(`s${i}`);
    }
    const worker = create();
    const runs = [worker.run(never), worker.run(never)];
    worker.kick();
    await turn();
    worker.kick();
    await turn();
    expect(held.size).toBe(20);

    while (Object.values(deliveries.states()).includes('pending')) {
      held.forEach(release => release());
      await turn();
    }
    await Promise.all(runs);
    expect(refreshEntity).toHaveBeenCalledTimes(28);
  });

  it('does not miss what comes while it finds nothing', async () => {
    const worker = create();
    const claim = deliveries.claim;
    deliveries.claim = async options => {
      const found = await claim(options);
      if (deliveries.stored.length === 0) {
        deliveries.add('just-now');
        worker.kick();
      }
      return found;
    };
    await worker.run(never);
    expect(deliveries.states()).toEqual({ 'just-now': 'done' });
  });

  it('can be called again after it ended', async () => {
    const worker = create();
    await worker.run(never);
    deliveries.add('a');
    worker.kick();
    await turn();
    expect(deliveries.states()).toEqual({ a: 'done' });
  });

  it('keeps the failure of one from the others, and tries it again when due', async () => {
    ['a', 'bad', 'c'].forEach(service => deliveries.add(service));
    refreshEntity.mockImplementation(async ({ entityRef }) => {
      if (entityRef.endsWith('bad')) {
        throw new Error('source is down');
      }
      return 'refreshed';
    });
    const worker = create();
    await worker.run(never);

    expect(deliveries.states()).toEqual({
      a: 'done',
      bad: 'failed',
      c: 'done',
    });
    expect(deliveries.stored[1]).toMatchObject({
      delivery: { reason: 'Error: source is down' },
      dueAt: START + 1000,
    });
    refreshEntity.mockResolvedValue('refreshed');
    time += 999;
    await worker.run(never);
    expect(deliveries.states().bad).toBe('failed');
    time += 1;
    await worker.run(never);
    expect(deliveries.states().bad).toBe('done');
  });

  it('waits as long as it is asked to', async () => {
    deliveries.add('a');
    const retryAt = new Date(START + 3_600_000);
    refreshEntity.mockRejectedValue(new RetryLaterError('busy', { retryAt }));
    await create().run(never);
    expect(deliveries.stored[0].dueAt).toBe(retryAt.getTime());
  });

  it('gives up after twenty attempts, and says which delivery, without its payload', async () => {
    deliveries.add('a');
    refreshEntity.mockRejectedValue(new Error('source is down'));
    const worker = create();
    for (let i = 0; i < 25; i++) {
      await worker.run(never);
      time += 15 * 60_000;
    }

    expect(refreshEntity).toHaveBeenCalledTimes(20);
    expect(deliveries.stored[0].delivery).toMatchObject({
      state: 'dead',
      reason: 'Error: source is down',
    });
    expect(logger.error.mock.calls).toEqual([
      [
        "Delivery 'delivery-a' of sender 'ci' is given up after 20 attempts: Error: source is down",
      ],
    ]);
    expect(JSON.stringify(logger.info.mock.calls)).not.toContain('private');
  });

  it('settles what is unmatched, and keeps what its sender has to be mended for', async () => {
    deliveries.add('unknown');
    deliveries.add('gone', { sender: 'gone' });
    refreshEntity.mockResolvedValue('unknown');
    await create().run(never);
    expect(deliveries.states()).toEqual({
      unknown: 'unmatched',
      gone: 'failed',
    });
  });

  it('keeps its claim while settling takes longer than that', async () => {
    jest.useFakeTimers({ now: START, doNotFake: ['setImmediate'] });
    try {
      deliveries.add('a');
      let finish: (outcome: RefreshOutcome) => void = () => {};
      refreshEntity.mockImplementation(
        () =>
          new Promise(resolve => {
            finish = resolve;
          }),
      );
      const run = create().run(never);
      await turn();
      time += 12_000;
      await jest.advanceTimersByTimeAsync(12_000);

      expect(deliveries.stored[0].dueAt).toBe(START + 12_000 + 15_000);
      finish('refreshed');
      await run;
      await jest.advanceTimersByTimeAsync(12_000);
      expect(deliveries.stored[0].dueAt).toBeUndefined();
      expect(deliveries.states()).toEqual({ a: 'done' });
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves its claims when it is stopped', async () => {
    const shutdown = new AbortController();
    for (let i = 0; i < 23; i++) {
      deliveries.add(`s${i}`);
    }
    refreshEntity.mockImplementation(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const worker = create({ shutdown: shutdown.signal });
    const run = worker.run(never);
    await turn();
    shutdown.abort();
    await run;

    expect(new Set(Object.values(deliveries.states()))).toEqual(
      new Set(['pending']),
    );
    expect(refreshEntity).toHaveBeenCalledTimes(20);
    expect(deliveries.stored[0].dueAt).toBe(START + 15_000);
    worker.kick();
    await worker.run(never);
    expect(deliveries.claims).toHaveBeenCalledTimes(1);
  });

  it('is stopped by the signal of its run, and starts again with the next', async () => {
    const worker = create();
    deliveries.add('a');
    const stopped = new AbortController();
    stopped.abort();
    await worker.run(stopped.signal);
    expect(deliveries.states()).toEqual({ a: 'pending' });
    await worker.run(never);
    expect(deliveries.states()).toEqual({ a: 'done' });
  });

  it('fails a run that cannot claim, and only logs it for a kick', async () => {
    const worker = create();
    const claim = deliveries.claim;
    deliveries.claim = async () => {
      throw new Error('no database');
    };
    await expect(worker.run(never)).rejects.toThrow('no database');
    worker.kick();
    await turn();
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('no database'),
    );

    deliveries.claim = claim;
    deliveries.add('a');
    await worker.run(never);
    expect(deliveries.states()).toEqual({ a: 'done' });
  });

  it('goes on when a claim can neither be settled nor given back', async () => {
    deliveries.add('a');
    deliveries.add('b');
    const claim = deliveries.claim;
    const fail = async () => {
      throw new Error('no database');
    };
    deliveries.claim = async options =>
      (await claim(options)).map(each =>
        each.delivery.event.service === 'a'
          ? { ...each, settle: fail, retry: fail }
          : each,
      );
    await create().run(never);
    expect(deliveries.states()).toEqual({ a: 'pending', b: 'done' });
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining("'delivery-a' could not be given back"),
    );
  });
});
