import { OutageLog } from '../../deliveries/OutageLog';
import { describeSource } from '../../ingestion/__testUtils__/describeSource';
import { service, services } from '../../ingestion/__testUtils__/fakes';
import type { SourceSync } from '../../ingestion/SourceSync';
import { SourceError } from '../../lib/errors';
import { tellCauses, type TellingContext } from './tellCauses';

const OWNER = 'group:default/data';
const HOUR = 3_600_000;

const DUE = {
  name: 'ci',
  state: 'active',
  entity: 'component:default/{service}',
  secrets: [
    {
      id: 'old',
      state: 'valid',
      firstSeenAt: '2026-01-01T00:00:00.000Z',
      dueAt: '2026-04-01T00:00:00.000Z',
      overdue: true,
    },
  ],
};

describeSource('telling of what needs a person', world => {
  const send = jest.fn();
  const publish = jest.fn();

  beforeEach(() => {
    send.mockReset().mockResolvedValue(undefined);
    publish.mockReset().mockResolvedValue(undefined);
  });

  /** One replica. */
  function contextOf(
    sync: SourceSync,
    overrides: Partial<TellingContext> = {},
  ): TellingContext {
    const { knex, logger } = world;
    const { now } = world.clock;
    return {
      knex,
      now,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map(),
      senderControl: { list: async () => [] },
      settings: { notifications: true, alertAfter: HOUR },
      notifications: { send },
      events: { publish },
      outages: new OutageLog({ logger, now }),
      ...overrides,
    };
  }

  /** The key and the state of each event. */
  const published = () =>
    publish.mock.calls.map(([{ topic, eventPayload }]) => {
      expect(topic).toBe('catalog.custom-data');
      return `${eventPayload.key} ${eventPayload.state}`;
    });
  const scopes = () => send.mock.calls.map(([{ payload }]) => payload.scope);
  const holdPlan = async (sync: SourceSync) => {
    await world.poll(sync, services(10));
    await world.poll(sync, services(4));
  };
  const fail = (sync: SourceSync) => {
    world.source.answer = new SourceError('down', { code: 'network' });
    return expect(world.poll(sync)).rejects.toThrow('down');
  };

  it('notifies the owner once of a held plan, over two replicas that look at once', async () => {
    const sync = world.start({ owner: OWNER });
    await holdPlan(sync);

    const replica = contextOf(sync);
    await Promise.all([tellCauses(replica), tellCauses(contextOf(sync))]);
    await tellCauses(replica);

    expect(send.mock.calls).toEqual([
      [
        {
          recipients: { type: 'entity', entityRef: OWNER },
          payload: {
            title: 'The source "registry" waits for a decision',
            description: expect.stringContaining('/plan'),
            severity: 'normal',
            topic: 'catalog.custom-data',
            scope: 'source:registry:plan-held',
          },
        },
      ],
    ]);
    expect(publish).not.toHaveBeenCalled();
  });

  it('says that it is over, and tells again when it comes again', async () => {
    const sync = world.start({ owner: OWNER });
    await holdPlan(sync);
    await tellCauses(contextOf(sync));
    await world.decide('rejected');
    await tellCauses(contextOf(sync));
    await tellCauses(contextOf(sync));

    expect(published()).toEqual(['source:registry:plan-held over']);
    expect(publish.mock.calls[0][0].eventPayload).toMatchObject({
      type: 'source',
      name: 'registry',
      code: 'plan-held',
      since: expect.any(String),
    });

    await world.poll(sync, services(3));
    await tellCauses(contextOf(sync));
    expect(scopes()).toEqual([
      'source:registry:plan-held',
      'source:registry:plan-held',
    ]);
  });

  it('tells of a source once it has failed for alertAfter since its last success', async () => {
    const sync = world.start({ owner: OWNER });
    await fail(sync);
    world.clock.advance(2 * HOUR);
    await world.poll(sync, services(2));
    await fail(sync);
    world.clock.advance(HOUR - 1);
    await tellCauses(contextOf(sync));
    expect(send).not.toHaveBeenCalled();

    world.clock.advance(1);
    await tellCauses(contextOf(sync));
    expect(scopes()).toEqual(['source:registry:failing']);

    await world.poll(sync, [service('1')]);
    await tellCauses(contextOf(sync));
    expect(published()).toContain('source:registry:failing over');
  });

  it.each([
    ['notifications are off', OWNER, false],
    ['nobody is the owner', undefined, true],
  ])('publishes an event where %s', async (_, owner, notifications) => {
    const sync = world.start({ owner });
    await holdPlan(sync);
    const settings = { notifications, alertAfter: HOUR };
    await tellCauses(contextOf(sync, { settings }));
    await tellCauses(contextOf(sync, { settings }));

    expect(published()).toEqual(['source:registry:plan-held present']);
    const { message, owner: told } = publish.mock.calls[0][0].eventPayload;
    expect(message).toContain('/plan');
    expect(told).toBe(owner);
    expect(send).not.toHaveBeenCalled();
  });

  it('tells later of what could not be sent, and of the rest at once', async () => {
    const sync = world.start({ owner: OWNER });
    await holdPlan(sync);
    const replica = contextOf(sync, {
      senderControl: { list: async () => [DUE] },
    });
    send.mockRejectedValueOnce(new Error('status 503'));
    await tellCauses(replica);

    expect(published()).toEqual(['sender:ci:credential-due:old present']);
    expect(world.logger.error).toHaveBeenCalledWith(
      expect.stringMatching(
        /"source:registry:plan-held" could be sent to "group:default\/data".*status 503/,
      ),
    );

    await tellCauses(replica);
    await tellCauses(replica);
    expect(scopes()).toEqual([
      'source:registry:plan-held',
      'source:registry:plan-held',
    ]);
    expect(published()).toHaveLength(1);
  });

  it('says later that it is over, if that could not be published', async () => {
    const sync = world.start({ owner: OWNER });
    await holdPlan(sync);
    await tellCauses(contextOf(sync));
    await world.decide('rejected');
    publish.mockRejectedValueOnce(new Error('status 503'));
    for (let times = 0; times < 3; times++) {
      await tellCauses(contextOf(sync));
    }
    const over = 'source:registry:plan-held over';
    expect(published()).toEqual([over, over]);
  });
});
