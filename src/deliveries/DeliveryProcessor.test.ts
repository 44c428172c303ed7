import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { RetryLaterError } from '../lib/errors';
import { DeliveryWorld, refOf } from './__testUtils__/DeliveryWorld';

const FETCH = { catalogRefresh: true };

describeSqlite('DeliveryProcessor', tables => {
  let world: DeliveryWorld;

  beforeEach(() => {
    world = new DeliveryWorld(tables.knex);
  });

  const earlier = () => new Date(world.now.getTime() - 1000).toISOString();

  it('records a deployment, then refreshes the entity that shows it, then publishes it', async () => {
    await world.add('a');
    world.refreshKeys.mockImplementation(async () => {
      await expect(world.shown('a')).resolves.toMatchObject({
        'custom/deployed-version.production': 'a',
      });
    });
    await world.run();
    expect(world.refreshKeys.mock.calls).toEqual([
      [[`custom-data-deployment:${refOf('a')}`]],
    ]);
    const order = [world.refreshKeys, world.publish].map(
      mock => mock.mock.invocationCallOrder[0],
    );
    expect(order[0]).toBeLessThan(order[1]);
  });

  it('refreshes each entity once, and only where something changes', async () => {
    await world.add('v1', { service: 'a', environment: 'staging' });
    await world.add('v2', { service: 'a' });
    await world.add('v3', { service: 'A' });
    await world.add('v4', { service: 'b', event: 'deployment.started' });
    await world.add('v5', { service: 'c', event: 'deployment.failure' });
    await world.run();
    expect(world.refreshKeys.mock.calls).toEqual([
      [[`custom-data-deployment:${refOf('a')}`]],
    ]);
    await expect(world.states()).resolves.toEqual({
      v1: 'done',
      v2: 'superseded',
      v3: 'done',
      v4: 'done',
      v5: 'done',
    });
  });

  it('supersedes what is older than what was reported by another sender, under another name, or with another ordering key', async () => {
    world.senders[0] = aSender({ aliases: { 'a-legacy': 'a' } });
    await world.add('newest', { service: 'a-legacy' });
    await world.run();
    const time = earlier();
    const id = await world.add('other-sender', {
      service: 'a',
      time,
      sender: 'argo',
    });
    await world.add('other-key', { service: 'a-legacy', time, sequence: 7 });
    await world.run();
    await expect(world.states()).resolves.toEqual({
      newest: 'unmatched',
      'other-sender': 'superseded',
      'other-key': 'superseded',
    });
    await expect(world.find(id)).resolves.toMatchObject({
      reason: 'A newer deployment to "production" is known',
    });
  });

  it('shows what runs in each target of an environment, and takes one off alone', async () => {
    const service = 'a';
    await world.add('v1.4.2', { service, target: 'eu' });
    await world.add('v1.4.1', { service, target: 'us', time: earlier() });
    await world.add('v1.4.0', { service, time: earlier() });
    const id = await world.add('old', {
      service,
      target: 'eu',
      time: earlier(),
    });
    await world.run();
    await expect(world.states()).resolves.toEqual({
      'v1.4.2': 'done',
      'v1.4.1': 'done',
      'v1.4.0': 'done',
      old: 'superseded',
    });
    await expect(world.find(id)).resolves.toMatchObject({
      reason: 'A newer deployment to "production.eu" is known',
    });
    await expect(world.shown(service)).resolves.toMatchObject({
      'custom/deployed-version.production': 'v1.4.0',
      'custom/deployed-version.production.eu': 'v1.4.2',
      'custom/deployed-version.production.us': 'v1.4.1',
      'custom/deployed-at.production.us': earlier(),
    });
    expect(world.published).toContainEqual(
      expect.objectContaining({
        environment: 'production',
        target: 'us',
        version: 'v1.4.1',
        current: true,
      }),
    );

    world.wait(1000);
    const event = 'deployment.removed';
    await world.add('gone', { service, target: 'eu', event });
    await world.run();
    const shown = await world.shown(service);
    expect(Object.keys(shown)).toHaveLength(4);
    expect(shown).not.toHaveProperty(['custom/deployed-version.production.eu']);
  });

  it('counts what a sender reported that is misconfigured now, and has it wait', async () => {
    const id = await world.add('newest', { service: 'a', sender: 'argo' });
    world.misconfigured = world.senders.splice(1);
    await world.add('older', { service: 'a', time: earlier() });
    await world.run();
    await expect(world.states()).resolves.toEqual({
      newest: 'failed',
      older: 'superseded',
    });
    await expect(world.find(id)).resolves.toMatchObject({
      reason: expect.stringContaining(
        'Sender "argo" is not configured, or misconfigured',
      ),
    });
    expect(world.published.map(({ version }) => version)).toEqual(['older']);
  });

  it('is unmatched where the catalog has no such entity, unless it is superseded', async () => {
    await world.addUnknown('older', { service: 'a' });
    const id = await world.addUnknown('v1', { service: 'a' });
    await world.addUnknown('fetched', {
      service: 'a',
      environment: 'staging',
      ...FETCH,
    });
    await world.run();
    await expect(world.states()).resolves.toEqual({
      older: 'superseded',
      v1: 'unmatched',
      fetched: 'unmatched',
    });
    await expect(world.find(id)).resolves.toMatchObject({
      reason: expect.stringContaining(`"${refOf('a')}"`),
    });
    expect(world.refreshEntity).toHaveBeenCalledTimes(1);
  });

  it('is done where a fetch brought the entity, or the catalog has it already', async () => {
    world.refreshEntity.mockResolvedValueOnce('refreshed');
    await world.addUnknown('fetched', FETCH);
    await world.run();
    await world.add('known', FETCH);
    await world.run();
    await expect(world.states()).resolves.toEqual({
      fetched: 'done',
      known: 'done',
    });
  });

  it('fetches for what is superseded, too, and only where the event asks for it', async () => {
    await world.add('v1', { service: 'a', ...FETCH });
    await world.add('v2', { service: 'a' });
    await world.run();
    await expect(world.states()).resolves.toMatchObject({ v1: 'superseded' });
    expect(world.refreshEntity).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['{service}', 'Payments-API'],
    ['svc:{service}/{service}', 'svc:Payments-API/Payments-API'],
  ])('names the record %p after the service', async (id, recordId) => {
    world.senders[0] = aSender({
      aliases: { 'payments-legacy': 'Payments-API' },
      record: { source: 'registry', id },
    });
    await world.add('v1', { service: 'payments-legacy', ...FETCH });
    await world.run();
    expect(world.refreshEntity.mock.calls[0][0]).toMatchObject({
      entityRef: refOf('payments-api'),
      record: { source: 'registry', recordId },
    });
  });

  it('puts the service into the record as it is', async () => {
    world.senders[0] = aSender({
      aliases: { x: "$&$'$$" },
      record: { source: 'registry', id: 'a{service}b' },
    });
    await world.add('v1', { service: 'x', ...FETCH });
    await world.run();
    expect(world.refreshEntity.mock.calls[0][0].record?.recordId).toBe(
      "a$&$'$$b",
    );
  });

  it('publishes what a delivery came to', async () => {
    const reported = {
      time: '2026-11-22T10:00:00.000Z',
      sequence: 3,
      url: 'https://ci.example.com/1',
      commit: 'abc',
    };
    const id = await world.add('v1', { service: 'A', ...reported });
    await world.add('v2', { service: 'a', event: 'deployment.started' });
    await world.addUnknown('v3', { service: 'b' });
    await world.run();
    expect(world.published).toEqual([
      {
        deliveryId: id,
        sender: 'ci',
        service: 'A',
        environment: 'production',
        status: 'success',
        version: 'v1',
        eventAt: reported.time,
        sequence: 3,
        url: reported.url,
        commit: reported.commit,
        entityRef: refOf('a'),
        state: 'done',
        current: true,
      },
      expect.objectContaining({ version: 'v2', state: 'done', current: false }),
      expect.objectContaining({
        version: 'v3',
        state: 'unmatched',
        current: true,
      }),
    ]);
    expect(world.tracker.attempted.mock.calls.map(([each]) => each)).toEqual([
      { sender: 'ci', state: 'done', ageMs: 0 },
      { sender: 'ci', state: 'done', ageMs: 0 },
      { sender: 'ci', state: 'unmatched', ageMs: 0 },
    ]);
  });

  it('publishes as current only what still is after its fetch', async () => {
    world.refreshEntity.mockImplementationOnce(async () => {
      await world.add('v2', { service: 'a' });
      await world.run();
      return 'refreshed';
    });
    await world.add('v1', { service: 'a', ...FETCH });
    await world.run();
    await expect(world.states()).resolves.toEqual({
      v1: 'superseded',
      v2: 'done',
    });
    expect(
      world.published.map(({ version, state, current }) => [
        version,
        state,
        current,
      ]),
    ).toEqual([
      ['v2', 'done', true],
      ['v1', 'superseded', false],
    ]);
  });

  it('publishes as current only what still is when it gets a permit, with few queries for many', async () => {
    await world.addMany(60);
    const queries = jest.fn();
    let added = false;
    world.publish.mockImplementation(async event => {
      if (!added) {
        added = true;
        await world.add('newer', { service: 's50' });
        await world.processor().record(
          await world
            .knex('custom_data_deliveries')
            .orderBy('sequence', 'desc')
            .limit(1)
            .then(([row]) => [
              {
                id: row.delivery_id,
                sequence: row.sequence,
                sender: row.sender,
                event: JSON.parse(row.event),
                state: row.state,
                attempts: 1,
                attemptsBefore: 0,
                receivedAt: world.now,
                queuedAt: world.now,
              },
            ]),
        );
        world.knex.on('query', ({ sql }) => queries(sql));
      }
      world.published.push(event);
    });
    const claimed = await world.worker().claim();
    await claimed.ended;
    expect(world.published.filter(({ current }) => !current)).toMatchObject([
      { version: 's50', state: 'superseded' },
    ]);
    const evaluations = queries.mock.calls.filter(([sql]) =>
      /from .custom_data_current_deployments/.test(sql),
    );
    expect(evaluations.length).toBeLessThan(10);
  });

  it.each([
    ['refreshKeys', () => world.refreshKeys, {}],
    ['refreshEntity', () => world.refreshEntity, FETCH],
    ['publish', () => world.publish, {}],
  ])(
    'tries again after %s failed, and publishes nothing until then',
    async (_, mockOf, event) => {
      const mock = mockOf() as jest.Mock;
      mock.mockRejectedValueOnce(new Error('no'));
      const id = await world.add('a', event);
      await world.run();
      await expect(world.find(id)).resolves.toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('no'),
      });
      expect(world.published).toEqual([]);

      world.wait(1000);
      await world.run();
      await expect(world.find(id)).resolves.toMatchObject({ state: 'done' });
      expect(world.published).toHaveLength(1);
    },
  );

  it('waits as long as it is asked to', async () => {
    const retryAt = new Date(world.now.getTime() + 3_600_000);
    world.refreshEntity.mockRejectedValue(
      new RetryLaterError('busy', { retryAt }),
    );
    const id = await world.add('a', FETCH);
    await world.run();
    await expect(world.find(id)).resolves.toMatchObject({
      dueAt: retryAt.toISOString(),
    });
  });
});
