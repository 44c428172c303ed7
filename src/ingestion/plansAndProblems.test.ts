import type { JsonValue } from '@backstage/types';
import type { SourceSync } from './SourceSync';
import { describeSource } from './__testUtils__/describeSource';
import { service, services } from './__testUtils__/fakes';
import { PLAN_TTL_MS } from './database/plans';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const signal = new AbortController().signal;

describeSource('held removals and problems', world => {
  const { decide, lastRun, planStates, problems } = world;
  let sync: SourceSync;

  beforeEach(() => {
    sync = world.start();
  });

  const poll = (...list: JsonValue[]) => world.poll(sync, list);
  const plans = () =>
    world.knex('custom_data_plans').orderBy('created_at').select('*');
  /** The lines at a level since the last look, without the run's id. */
  const logged = (level: 'warn' | 'info') =>
    world.logger[level].mock.calls
      .splice(0)
      .map(([line]) => String(line).replace(/ [0-9a-f-]{36}\)/, ')'));

  it('makes one plan of what is held, and writes it at most hourly', async () => {
    await poll(...services(20));
    await poll(...services(10));
    const [plan] = await plans();
    expect(plan).toMatchObject({
      source: 'registry',
      state: 'pending',
      reason: expect.stringContaining('10 of 20'),
      decided_by: null,
    });
    expect(await world.knex('custom_data_plan_refs')).toHaveLength(10);
    expect(await world.knex('custom_data_plan_refs').first()).toMatchObject({
      entity_ref: 'component:default/s10',
      record_id: 's10',
    });

    await poll(...services(10));
    expect(await plans()).toEqual([plan]);
    world.clock.advance(HOUR);
    await poll(...services(10));
    expect(await plans()).toEqual([
      {
        ...plan,
        last_seen_at: world.clock.now().toISOString(),
        expires_at: world.clock.after(PLAN_TTL_MS).toISOString(),
      },
    ]);
  });

  it.each([
    ['a shorter list', services(10), 10],
    ['an empty list', [], 0],
  ])('removes what was approved of %s, soon', async (_, list, left) => {
    await poll(...services(20));
    await poll(...list);
    await expect(sync.due()).resolves.toBeUndefined();
    world.clock.advance(MINUTE);
    await expect(decide('approved')).resolves.toBe(true);

    await expect(sync.due()).resolves.toBe('approved');
    await poll(...list);

    expect(world.catalog.names()).toHaveLength(left);
    expect(await lastRun()).toMatchObject({ kind: 'approved' });
    expect(await plans()).toEqual([
      expect.objectContaining({
        state: 'applied',
        decided_by: 'user:default/guest',
      }),
    ]);
    await expect(sync.due()).resolves.toBeUndefined();
  });

  it('removes at most a fifth in 24 hours, however small the steps, beside what was approved', async () => {
    await poll(...services(100));
    for (let left = 95; left > 0; left -= 5) {
      await poll(...services(left));
    }
    expect(world.catalog.names()).toHaveLength(80);
    const [plan] = (await plans()).filter(one => one.state === 'pending');
    expect(plan.reason).toContain('20 were removed in the 24 hours before');

    await poll(...services(60));
    await decide('approved');
    await poll(...services(60));
    expect(world.catalog.names()).toHaveLength(60);

    world.clock.advance(24 * HOUR);
    await poll(...services(48));
    expect(world.catalog.names()).toHaveLength(48);
  });

  it('does not count an approved removal in the 24 hours after it', async () => {
    await poll(...services(100));
    await poll(...services(50));
    await decide('approved');
    await poll(...services(50));
    await poll(...services(40));

    expect(world.catalog.names()).toHaveLength(40);
  });

  it('keeps an approval while the API fails, and does not retry earlier', async () => {
    await poll(...services(20));
    await poll(...services(10));
    world.clock.advance(MINUTE);
    await decide('approved');
    world.source.answer = new Error('down');
    await expect(sync.poll({ kind: 'retry', signal })).rejects.toThrow();
    await expect(sync.due()).resolves.toBeUndefined();
    expect(await planStates()).toEqual(['approved']);

    world.clock.advance(MINUTE);
    await expect(sync.due()).resolves.toBe('retry');
    await poll(...services(10));
    expect(world.catalog.names()).toHaveLength(10);
    expect(await planStates()).toEqual(['applied']);
  });

  it('repeats a removal that a crash kept from being recorded', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await decide('approved');
    const apply = world.catalog.applyMutation.bind(world.catalog);
    world.catalog.applyMutation = async mutation => {
      await apply(mutation);
      throw new Error('crash');
    };
    await expect(poll(...services(10))).rejects.toThrow('crash');
    expect(world.catalog.names()).toHaveLength(10);
    expect(await planStates()).toEqual(['approved']);

    world.catalog.applyMutation = apply;
    await poll(...services(10));
    expect(world.catalog.names()).toHaveLength(10);
    expect(await planStates()).toEqual(['applied']);
    expect(await world.knex('custom_data_entities')).toHaveLength(10);
  });

  it('holds what only the catalog has, as after a restored backup', async () => {
    await poll(...services(20));
    for (const table of ['records', 'contributions', 'entities']) {
      await world.knex(`custom_data_${table}`).delete();
    }
    await poll(...services(10));
    expect(world.catalog.names()).toHaveLength(20);
    expect((await plans())[0].entity_count).toBe(10);
    expect(await world.knex('custom_data_plan_refs').first()).toMatchObject({
      entity_ref: 'component:default/s10',
      record_id: null,
    });

    await decide('approved');
    await poll(...services(10));
    expect(world.catalog.names()).toHaveLength(10);
    expect(await planStates()).toEqual(['applied']);
  });

  it('makes a new plan for other removals, and voids the old one', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await poll(...services(9));

    expect(await planStates()).toEqual(['void', 'pending']);
    expect(await world.knex('custom_data_plan_refs')).toHaveLength(11);
  });

  it('keeps void plans for a month', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await poll(...services(9));
    world.clock.advance(31 * 24 * HOUR);
    await poll(...services(9));
    await poll(...services(8));

    expect(await planStates()).toEqual(['void', 'pending']);
    expect((await plans())[0].entity_count).toBe(11);
  });

  it('does not let an approval cover what it did not list', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await decide('approved');
    await poll();

    expect(world.catalog.names()).toHaveLength(10);
    expect(await planStates()).toEqual(['applied', 'pending']);
  });

  it('voids a plan once the records are back, and an approval too', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await poll(...services(20));
    expect(await planStates()).toEqual(['void']);

    await poll(...services(10));
    expect(await planStates()).toEqual(['pending']);
    await decide('approved');
    await poll(...services(20));
    expect(await planStates()).toEqual(['void']);
    await poll(...services(10));
    expect(world.catalog.names()).toHaveLength(20);
  });

  it('makes no new plan of what was rejected, until other removals are held', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await decide('rejected');
    await poll(...services(10));
    world.clock.advance(2 * PLAN_TTL_MS);
    await poll(...services(10));
    expect(await planStates()).toEqual(['rejected']);
    expect(world.catalog.names()).toHaveLength(20);

    await expect(decide('approved')).resolves.toBe(true);
    await poll(...services(10));
    expect(world.catalog.names()).toHaveLength(10);
  });

  it('lets an approval expire, and makes the plan again', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await decide('approved');
    world.clock.advance(PLAN_TTL_MS);
    await poll(...services(10));

    expect(world.catalog.names()).toHaveLength(20);
    expect(await plans()).toEqual([
      expect.objectContaining({ state: 'pending', decided_by: null }),
    ]);
  });

  it('takes no decision on a plan that expired or does not exist', async () => {
    await poll(...services(20));
    await poll(...services(10));

    await expect(decide('approved', 'other')).resolves.toBe(false);
    await expect(decide('approved')).resolves.toBe(true);
    await expect(decide('approved')).resolves.toBe(false);
    world.clock.advance(PLAN_TTL_MS);
    await expect(decide('rejected')).resolves.toBe(false);
  });

  it('does not void a decision because of an incomplete list', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await poll(...services(10), { owner: 'nobody' });

    expect(await planStates()).toEqual(['pending']);
  });

  it('keeps the first time of a problem, and writes nothing while it lasts', async () => {
    await poll({ id: 'a', broken: true }, service('b'), { owner: 'x' });
    const before = await problems();
    expect(before.map(p => [p.code, p.record_id]).sort()).toEqual([
      ['expression-failed', 'a'],
      ['record-without-id', null],
    ]);
    await poll(service('b'), { id: 'a', broken: true }, { owner: 'x' });

    const after = await problems();
    expect(after.map(p => p.first_seen_at)).toEqual(
      before.map(p => p.first_seen_at),
    );
    expect(after.map(p => p.first_seen_run)).toEqual(
      before.map(p => p.first_seen_run),
    );

    await poll(service('a'), service('b'));
    expect(await problems()).toEqual([]);
  });

  it('keeps problems after a 304 and after a failed run', async () => {
    world.source.etag = '"1"';
    await poll({ id: 'a', broken: true });
    const before = await problems();
    await poll({ id: 'a', broken: true });
    expect(world.source.asked.at(-1)).toEqual({ etag: '"1"' });
    world.source.answer = new Error('down');
    await expect(sync.poll({ kind: 'poll', signal })).rejects.toThrow('down');

    expect(before).toHaveLength(1);
    expect(await problems()).toEqual(before);
  });

  it('takes additions and changes of a list that says itself that it is not whole, and removes nothing', async () => {
    await poll(...services(20));
    await poll(...services(10));
    await decide('approved');
    world.source.etag = 'v1';
    world.source.incomplete = 'the list may not be whole: a sign';
    await poll(
      service('s0', 'others'),
      ...services(9).slice(1),
      service('new'),
    );

    expect(world.catalog.names()).toHaveLength(21);
    expect(world.ownerOf('s0')).toBe('others');
    expect(await planStates()).toEqual(['approved']);
    expect(await lastRun()).toMatchObject({
      outcome: 'applied',
      held: world.source.incomplete,
    });
    await poll(...services(10));
    expect(world.source.asked.at(-1)).toBeUndefined();
  });

  it('keeps the problems of a record that an incomplete list lacks', async () => {
    await poll({ id: 'a', broken: true }, service('b'));
    await poll(service('b'), { owner: 'x' });

    expect((await problems()).map(p => p.code).sort()).toEqual([
      'expression-failed',
      'record-without-id',
    ]);
  });

  it('keeps the problems of a record while the clock is set back', async () => {
    await poll({ id: 'a', broken: true }, { id: 'b', broken: true });
    const before = await problems();
    world.clock.advance(-HOUR);
    await poll({ id: 'a', broken: true, tier: 1 }, service('c'));
    expect(before.map(({ record_id }) => record_id)).toEqual(['a', 'b']);
    expect(await problems()).toEqual(before);
  });

  it('replaces the problems of a record that was synced alone', async () => {
    await poll({ id: 'a', broken: true }, { id: 'b', broken: true });
    await world.syncRecord(sync, service('a'));
    expect((await problems()).map(p => p.record_id)).toEqual(['b']);

    await world.syncRecord(sync, { id: 'c', broken: true });
    expect((await problems()).map(p => p.record_id)).toEqual(['b', 'c']);
  });

  it('keeps a thousand problems; the run counts every invalid record', async () => {
    const broken = services(1010).map(record => ({ ...record, broken: true }));
    await poll(...broken);
    expect(await problems()).toHaveLength(1000);
    expect(await lastRun()).toMatchObject({ counts: { invalid: 1010 } });

    await poll(...broken.slice(0, 3));
    expect(await problems()).toHaveLength(3);
  });

  it('warns of an unknown owner until the catalog knows it, although the list does not change', async () => {
    world.catalog.unknownOwners.add('group:default/lost');
    const owners = () =>
      world
        .knex('custom_data_problems')
        .where({ code: 'owner-unknown' })
        .pluck('entity_ref');
    world.source.etag = '"1"';
    await poll(service('a', 'lost'), service('b', 'lost'), service('c'));
    expect(await owners()).toEqual(['group:default/lost']);
    await poll(service('a', 'lost'), service('b', 'lost'), service('c'));
    expect(await owners()).toEqual(['group:default/lost']);

    await world.catalog.give('group:default/lost', 'org');
    await poll(service('a', 'lost'), service('b', 'lost'), service('c'));
    expect(await owners()).toEqual([]);
  });

  it('forgets an unknown owner that no entity names any more', async () => {
    world.catalog.unknownOwners.add('group:default/lost');
    await poll(service('a', 'lost'), service('b'));
    expect(await problems()).toHaveLength(1);
    await poll(service('a'), service('b'));
    expect(await problems()).toEqual([]);
  });

  it('logs a problem when it begins and when it ends, and not with each poll', async () => {
    world.catalog.unknownOwners.add('group:default/lost');
    const broken = [
      { id: 'x', broken: true },
      { owner: 'nobody' },
      service('a', 'lost'),
    ];
    await poll(...broken);
    expect(logged('warn')).toEqual([
      'Held back in source "registry" (poll): 1 record of the list cannot be identified, so what the list lacks is not removed',
      expect.stringMatching(/^In source "registry" \(poll\), record-without/),
      'In source "registry" (poll), expression-failed: broken',
      expect.stringMatching(/^In .*owner-unknown: .*"group:default\/lost"/),
    ]);
    logged('info');

    await poll(...broken);
    world.clock.advance(HOUR);
    await sync.poll({ kind: 'reconcile', signal });
    expect(logged('warn')).toEqual([]);

    logged('info');
    await world.catalog.give('group:default/lost', 'org');
    await poll(service('x'), service('a', 'lost'));
    expect(logged('warn')).toEqual([]);
    expect(logged('info')).toEqual(
      expect.arrayContaining([
        'Nothing of source "registry" (poll) is held back any more',
        'No longer in source "registry" (poll), expression-failed: broken',
        expect.stringMatching(/^No longer in .*owner-unknown/),
      ]),
    );
  });

  it('logs at most five problems with one code, and how many more there are', async () => {
    const broken = services(12).map(record => ({ ...record, broken: true }));
    await poll(service('a'), ...broken);
    expect(logged('warn')).toEqual([
      ...Array(5).fill(
        'In source "registry" (poll), expression-failed: broken',
      ),
      'In source "registry" (poll), expression-failed: 7 more',
    ]);
  });

  it('logs once that all records are invalid', async () => {
    const broken = { id: 'x', broken: true };
    await poll(broken);
    expect(logged('warn')).toContain(
      'Of 1 record of source "registry" (poll), none is valid; what the catalog has stays',
    );
    await poll(broken);
    expect(logged('warn')).toEqual([]);
  });

  it('logs once what is held, with the plan and how to decide on it, also after a rejection', async () => {
    await poll(...services(20));
    logged('warn');
    await poll(...services(10));
    const [{ hash }] = await plans();
    const path = '/api/catalog/custom-data/sources/registry/plan';
    expect(logged('warn')).toEqual([
      expect.stringContaining(
        `Plan "${hash}" waits for a decision: GET ${path} shows it, POST ${path}/${hash}/approve applies it, POST ${path}/${hash}/reject keeps`,
      ),
    ]);

    await poll(...services(10));
    await decide('rejected');
    await poll(...services(10));
    await poll(...services(10), service('new'));
    expect(logged('warn')).toEqual([]);

    logged('info');
    await poll(...services(20));
    expect(logged('info')).toContain(
      'Nothing of source "registry" (poll) is held back any more',
    );
    await poll(...services(9));
    expect(logged('warn')).toEqual([
      expect.stringContaining('waits for a decision'),
    ]);
  });

  it('logs once that a list is incomplete, also while a plan is held', async () => {
    await poll(...services(20));
    await poll(...services(10));
    logged('warn');
    await poll(...services(10), { owner: 'nobody' });
    expect(logged('warn')).toEqual([
      expect.stringContaining('cannot be identified'),
      expect.stringContaining('record-without-id'),
    ]);
    await poll(...services(10), { owner: 'nobody' });
    expect(logged('warn')).toEqual([]);

    await poll(...services(10), { owner: 'nobody' }, { owner: 'somebody' });
    expect(logged('warn')).toEqual([
      expect.stringContaining('record-without-id'),
    ]);
  });

  it('logs one warning for a run that failed', async () => {
    world.source.answer = new Error('down');
    await expect(sync.poll({ kind: 'poll', signal })).rejects.toThrow('down');
    expect(logged('warn')).toEqual([
      expect.stringMatching(/^Run .* failed, next try at .*: Error: down$/),
    ]);
  });

  it('does nothing while paused at run time', async () => {
    await poll(service('a'));
    await world.pause();
    await poll(service('a'), service('b'));
    expect(world.catalog.names()).toEqual(['a']);
    await expect(sync.due()).resolves.toBeUndefined();
    await expect(sync.syncRecord({ recordId: 'a', signal })).rejects.toThrow(
      'paused',
    );

    await world.resume();
    await poll(service('a'), service('b'));
    expect(world.catalog.names()).toEqual(['a', 'b']);
  });
});
