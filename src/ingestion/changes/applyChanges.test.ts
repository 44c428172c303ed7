import type { Entity } from '@backstage/catalog-model';
import { describeSource } from '../__testUtils__/describeSource';
import { service } from '../__testUtils__/fakes';
import type { SourceSync } from '../SourceSync';
import { applyChanges } from './applyChanges';
import type { EntityChange } from './change';

const MINUTE = 60_000;
const A = 'component:default/a';
const B = 'component:default/b';
const signal = new AbortController().signal;

describeSource('applyChanges', world => {
  let sync: SourceSync;

  beforeEach(() => {
    sync = world.start();
  });

  const applyNow = (...changes: EntityChange[]) =>
    applyChanges(
      {
        knex: world.knex,
        syncs: new Map([['registry', sync]]),
        misconfigured: new Map(),
      },
      {
        source: 'registry',
        kind: 'restore',
        by: 'user:default/guest',
        reason: 'a test',
        changes,
        signal,
      },
    );
  const apply = (...changes: EntityChange[]) => {
    world.clock.advance(MINUTE);
    return applyNow(...changes);
  };
  const entity = (name: string, owner: string): Entity => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name },
    spec: { type: 'service', lifecycle: 'production', owner },
  });
  const revisions = async () => {
    const rows = await world
      .knex('custom_data_entities')
      .select('entity_ref', 'hash');
    return new Map(rows.map(row => [row.entity_ref, row.hash]));
  };
  const pin = { reason: 'a test' };

  it('changes, adds and removes, until the source says otherwise', async () => {
    await world.poll(sync, [service('a'), service('b')]);

    const report = await apply(
      { entityRef: A, after: entity('a', 'mine') },
      { entityRef: B },
      { entityRef: 'component:default/c', after: entity('c', 'mine') },
    );

    expect(report.left).toEqual([]);
    expect(report.applied.map(each => each.entityRef)).toHaveLength(3);
    expect(world.catalog.names()).toEqual(['a', 'c']);
    expect(world.ownerOf('a')).toBe('mine');
    expect((await revisions()).get(A)).toBe(report.applied[0].hash);
    await expect(world.lastRun()).resolves.toMatchObject({
      kind: 'restore',
      outcome: 'applied',
      counts: { added: 1, changed: 1, removed: 1, approved: 1 },
      held: 'by user:default/guest: a test',
    });

    await world.poll(sync);
    await world.poll(sync);
    expect(world.catalog.names()).toEqual(['a', 'b']);
    expect(world.ownerOf('a')).toBe('team');
  });

  it('leaves alone, and names, what is not as it was taken to be', async () => {
    await world.poll(sync, [service('a'), service('b')]);
    const old = (await revisions()).get(A);
    await world.poll(sync, [service('a', 'other'), service('b')]);

    const report = await apply(
      { entityRef: A, before: old },
      { entityRef: B, before: null, after: entity('b', 'mine') },
      { entityRef: 'component:default/c', before: old },
    );

    expect(report.applied).toEqual([]);
    expect(report.left).toEqual([
      {
        entityRef: A,
        reason: 'it was changed since',
        current: (await revisions()).get(A),
      },
      {
        entityRef: B,
        reason: 'it exists by now',
        current: (await revisions()).get(B),
      },
      { entityRef: 'component:default/c', reason: 'it was removed since' },
    ]);
    expect(world.ownerOf('a')).toBe('other');
    expect((await world.lastRun()).held).toContain(
      `left alone: "${A}" (it was changed since)`,
    );
  });

  it('keeps what is pinned, whatever the source says', async () => {
    await world.poll(sync, [service('a'), service('b'), service('c')]);

    await apply(
      { entityRef: A, after: entity('a', 'mine'), pin },
      { entityRef: B, pin },
    );
    await world.reconcile(sync);
    expect(world.catalog.names()).toEqual(['a', 'c']);
    expect(world.ownerOf('a')).toBe('mine');

    // Its record is gone, and that of the other changes.
    await world.poll(sync, [service('b', 'other'), service('c')]);
    await world.poll(sync);
    expect(world.catalog.names()).toEqual(['a', 'c']);
    expect(world.ownerOf('a')).toBe('mine');
    await expect(
      world
        .knex('custom_data_pins')
        .orderBy('entity_ref')
        .select('entity_ref', 'wanted_record_id'),
    ).resolves.toEqual([
      { entity_ref: A, wanted_record_id: null },
      { entity_ref: B, wanted_record_id: 'b' },
    ]);
    await expect(world.lastRun()).resolves.toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('lets the source win when a pin has expired, with the same bytes and a 304 too', async () => {
    world.source.etag = '"1"';
    await world.poll(sync, [service('a'), service('b')]);
    const until = world.clock.after(10 * MINUTE).toISOString();
    await apply(
      { entityRef: A, after: entity('a', 'mine'), pin: { ...pin, until } },
      { entityRef: B, pin: { ...pin, until } },
    );
    await world.poll(sync);
    expect(world.catalog.names()).toEqual(['a']);

    world.clock.advance(10 * MINUTE);
    await world.poll(sync);
    expect(world.catalog.names()).toEqual(['a', 'b']);
    expect(world.ownerOf('a')).toBe('team');
    await expect(world.knex('custom_data_pins')).resolves.toEqual([]);
  });

  it('waits for a run that is under way', async () => {
    await world.poll(sync, [service('a')]);
    const other = world.start();
    let open = () => {};
    const gate = new Promise<void>(resolve => {
      open = resolve;
    });
    const list = world.source.list.bind(world.source);
    world.source.list = async options => {
      await gate;
      return list(options);
    };
    let poll: Promise<void> | undefined;
    await new Promise<void>(resolve => {
      poll = other.poll({ kind: 'poll', signal, onBegun: () => resolve() });
    });

    const applied = applyNow({ entityRef: A, after: entity('a', 'mine') });
    open();
    await poll;
    await expect(applied).resolves.toMatchObject({ left: [] });
    expect(world.ownerOf('a')).toBe('mine');
  });
});
