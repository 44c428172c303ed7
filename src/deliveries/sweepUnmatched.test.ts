import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { acceptDeliveries } from './__testUtils__/acceptDeliveries';
import { completeDue } from './__testUtils__/completeDue';
import { DeliveryWorld } from './__testUtils__/DeliveryWorld';
import { newDelivery } from './__testUtils__/newDelivery';
import { sweepUnmatched } from './sweepUnmatched';

const never = new AbortController().signal;

describeSqlite('sweepUnmatched', tables => {
  let world: DeliveryWorld;

  beforeEach(() => {
    world = new DeliveryWorld(tables.knex);
  });

  const sweep = (signal = never) =>
    sweepUnmatched({
      knex: world.knex,
      senders: world.senders,
      onDeliveryDue: world.onDeliveryDue,
      now: () => world.now,
      signal,
    });
  /** With an id and a time, it is stored without a look at earlier ones. */
  const aDelivery = (service: string, version: string) =>
    newDelivery({
      service,
      version,
      externalId: version,
      time: world.now.toISOString(),
    });
  /** Deliveries that are unmatched. */
  async function addUnmatched(...services: string[]): Promise<void> {
    await acceptDeliveries(
      world.knex,
      services.map(service => aDelivery(service, service)),
      world.now,
    );
    await completeDue(world.knex, world.now, () => ({ state: 'unmatched' }));
  }
  const names = (count: number) =>
    Array.from({ length: count }, (_, i) => `s${i}`);

  it('has deliveries processed again once the catalog has their entity', async () => {
    await world.addUnknown('a');
    await world.addUnknown('b');
    await world.run();
    await expect(sweep()).resolves.toBe(0);
    expect(world.onDeliveryDue).not.toHaveBeenCalled();

    await world.addEntities('a');
    await expect(sweep()).resolves.toBe(1);
    expect(world.onDeliveryDue).toHaveBeenCalledTimes(1);
    await world.run();
    await expect(world.states()).resolves.toEqual({
      a: 'done',
      b: 'unmatched',
    });
    expect(
      world.published.map(({ version, state }) => [version, state]),
    ).toEqual([
      ['a', 'unmatched'],
      ['b', 'unmatched'],
      ['a', 'done'],
    ]);
  });

  it('resolves services by the aliases of today', async () => {
    await addUnmatched('a-legacy');
    await world.addEntities('a');
    await expect(sweep()).resolves.toBe(0);
    world.senders[0] = aSender({ aliases: { 'a-legacy': 'a' } });
    await expect(sweep()).resolves.toBe(1);
  });

  it('leaves the deliveries of a sender that is gone or misconfigured', async () => {
    await addUnmatched('a');
    await world.addEntities('a');
    world.misconfigured = world.senders.splice(0, 1);
    await expect(sweep()).resolves.toBe(0);
    await expect(world.states()).resolves.toEqual({ a: 'unmatched' });
  });

  it('reads any number of services in pages, with one look-up of entities for each', async () => {
    await addUnmatched(...names(1001));
    await world.addEntities(...names(1001));
    const statements: string[] = [];
    world.knex.on('query', ({ sql }) => statements.push(sql));
    await expect(sweep()).resolves.toBe(1001);
    const count = (pattern: RegExp) =>
      statements.filter(sql => pattern.test(sql)).length;
    expect(count(/^select distinct/)).toBe(2);
    expect(count(/from .refresh_state./)).toBe(2);
    expect(count(/^update/)).toBe(2);
  });

  it('takes all deliveries of a service, however many, and those of no other', async () => {
    await acceptDeliveries(
      world.knex,
      Array.from({ length: 1001 }, (_, i) => aDelivery('A', `v${i}`)),
      world.now,
    );
    await addUnmatched('a', 'b');
    await world.addEntities('a');
    await expect(sweep()).resolves.toBe(1002);
    await expect(world.states()).resolves.toMatchObject({
      a: 'pending',
      b: 'unmatched',
    });
  });

  it('writes nothing while the catalog has none of the entities', async () => {
    await addUnmatched(...names(1001));
    const updates = jest.fn();
    world.knex.on('query', ({ sql }) => /^update/.test(sql) && updates());
    await expect(sweep()).resolves.toBe(0);
    expect(updates).not.toHaveBeenCalled();
  });

  it('finds what stands behind many that are still unmatched', async () => {
    await addUnmatched(...names(1001));
    await world.addEntities('s999');
    await expect(sweep()).resolves.toBe(1);
    await expect(world.states()).resolves.toMatchObject({
      s998: 'unmatched',
      s999: 'pending',
    });
  });

  it('stops when its signal aborts', async () => {
    await addUnmatched('a');
    await world.addEntities('a');
    await expect(sweep(AbortSignal.abort())).resolves.toBe(0);
    await expect(world.states()).resolves.toEqual({ a: 'unmatched' });
  });
});
