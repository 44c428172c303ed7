import { mockCredentials } from '@backstage/backend-test-utils';
import { mockLogger } from '../../__testUtils__/mockLogger';
import { cleanUp as cleanUpSettings } from '../../config/cleanUp';
import { aSender } from '../../config/__testUtils__/aSender';
import { recordDeployments } from '../../deployments/database/recordDeployments';
import { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { aDeployment } from '../../deployments/__testUtils__/aDeployment';
import { applyChanges } from '../../ingestion/changes/applyChanges';
import { toEntityChanges } from '../../ingestion/changes/proposeChanges';
import { listPlanRefs } from '../../ingestion/database/planDecisions';
import type { SourceSync } from '../../ingestion/SourceSync';
import { describeSource } from '../../ingestion/__testUtils__/describeSource';
import { service, services } from '../../ingestion/__testUtils__/fakes';
import { SourceError } from '../../lib/errors';
import { cleanUp } from './cleanUp';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const KEEP = { removals: { maxRatio: 0.2, minCount: 1, keep: true } };
const BY = 'user:default/guest';
const B = 'component:default/b';
const signal = new AbortController().signal;

describeSource('cleanUp', world => {
  let sync: SourceSync;
  let removed: string[];
  let refusal: Error | undefined;

  beforeEach(() => {
    sync = world.start(KEEP);
    removed = [];
    refusal = undefined;
  });

  const run = (
    more: {
      dryRun?: boolean;
      configured?: boolean;
    } & Record<string, unknown> = {},
  ) => {
    const { dryRun = false, configured = true, ...settings } = more;
    return cleanUp(
      {
        knex: world.knex,
        settings: {
          cleanUp: cleanUpSettings.parse(
            Object.keys(settings).length > 0 ? settings : undefined,
          ),
        },
        subjects: new DeploymentSubjects([aSender()]),
        syncs: new Map(configured ? [['registry', sync]] : []),
        catalog: {
          async removeEntityByUid(uid) {
            if (refusal) {
              throw refusal;
            }
            removed.push(uid);
          },
        },
        ownCredentials: async () => mockCredentials.service(),
        logger: mockLogger(),
        now: world.clock.now,
      },
      { dryRun, by: BY },
    );
  };
  /** So many days on which the list is the same; to poll on each would take minutes. */
  const pollDays = async (days: number, list: object[]) => {
    if (days > 1) {
      await pollDays(1, list);
    }
    for (let day = 2; day < days; day++) {
      world.clock.advance(DAY);
      await world.knex('custom_data_list_days').insert({
        source: 'registry',
        day: world.clock.now().toISOString().slice(0, 10),
      });
    }
    world.clock.advance(DAY - MINUTE);
    await world.poll(sync, list as any);
  };
  /** Carries out the plan of a report, as its approval does. */
  const carryOut = async ({ plans }: Awaited<ReturnType<typeof run>>) => {
    const [{ source, hash }] = plans;
    const page = { limit: 500 };
    const { items } = await listPlanRefs({
      knex: world.knex,
      source,
      hash,
      page,
    });
    return applyChanges(
      {
        knex: world.knex,
        syncs: new Map([['registry', sync]]),
        misconfigured: new Map(),
      },
      {
        source,
        kind: 'clean-up',
        by: BY,
        reason: 'a test',
        changes: toEntityChanges(items),
        signal,
      },
    );
  };
  const entity = (ref: string) => world.catalog.entities.get(ref);
  const lifecycle = () => entity(B)?.spec?.lifecycle;
  const planStates = async () => {
    const rows = await world
      .knex('custom_data_plans')
      .where({ kind: 'clean-up' })
      .orderBy('state');
    return rows.map(row => row.state);
  };
  const [a, b] = [service('a'), service('b')];

  describe('what is stale', () => {
    beforeEach(async () => {
      await world.poll(sync, [a, b]);
      await pollDays(1, [a]);
    });

    it.each([
      [89, []],
      [90, ['deprecate']],
      [91, ['deprecate']],
    ])('is deprecated after 90 days: after %i %j', async (days, actions) => {
      await pollDays(days, [a]);

      const { items, plans } = await run();

      expect(items.map(({ action }) => action)).toEqual(actions);
      expect(plans).toHaveLength(actions.length);
      // Nothing is done before somebody approves it.
      expect(lifecycle()).toBe('production');
    });

    it('is marked with the reason, and removed after 90 days more', async () => {
      await pollDays(90, [a]);
      await carryOut(await run());

      expect(entity(B)).toMatchObject({
        metadata: {
          annotations: {
            'custom/deprecated-reason':
              'the lists of source "registry" lack its record "b" since 2026-01-02',
          },
        },
        spec: { lifecycle: 'deprecated', owner: 'team' },
      });

      await pollDays(89, [a]);
      const early = await run();
      expect(early.plans).toEqual([]);
      expect(early.items).toMatchObject([
        {
          left: 'it is deprecated; whole lists lacked it on 89 of 90 days since',
        },
      ]);

      await pollDays(1, [a]);
      await world.reconcile(sync);
      expect(lifecycle()).toBe('deprecated');
      const due = await run();
      expect(due.items).toMatchObject([{ entityRef: B, action: 'archive' }]);
      await carryOut(due);
      expect(world.catalog.names()).toEqual(['a']);
      await world.reconcile(sync);
      expect(world.catalog.names()).toEqual(['a']);
      await expect(run()).resolves.toMatchObject({ items: [] });
    });

    it('is back at once when it is listed again, on the last day too', async () => {
      await pollDays(89, [a]);
      await pollDays(1, [a, b]);
      await expect(run()).resolves.toMatchObject({ items: [], plans: [] });

      await pollDays(91, [a]);
      await carryOut(await run());
      await pollDays(89, [a]);
      expect(lifecycle()).toBe('deprecated');

      await pollDays(1, [a, b]);
      expect(lifecycle()).toBe('production');
      expect(entity(B)?.metadata.annotations).not.toHaveProperty([
        'custom/deprecated-reason',
      ]);

      await pollDays(1, [a]);
      await pollDays(90, [a]);
      await carryOut(await run());
      await pollDays(90, [a]);
      await carryOut(await run());
      expect(world.catalog.names()).toEqual(['a']);
      await pollDays(1, [a, b]);
      expect(lifecycle()).toBe('production');
    });

    it('is not what a source that is paused, failing or incomplete lacks', async () => {
      await pollDays(80, [a]);
      for (const answer of [
        new SourceError('down', { code: 'network' }),
        [] as never[],
        [{ owner: 'without-id' }],
      ]) {
        for (let day = 0; day < 40; day++) {
          world.clock.advance(DAY);
          world.source.answer = answer;
          await world.poll(sync).catch(() => undefined);
        }
      }
      world.clock.advance(400 * DAY);

      await expect(run()).resolves.toMatchObject({ items: [] });
    });

    it('leaves a change of its entity alone that is made before the approval', async () => {
      await pollDays(90, [a]);
      const report = await run();
      await pollDays(1, [a, service('b', 'other')]);

      await expect(carryOut(report)).resolves.toMatchObject({
        applied: [],
        left: [{ entityRef: B, reason: 'it was changed since' }],
      });
      await expect(run()).resolves.toMatchObject({ plans: [] });
      await expect(planStates()).resolves.toEqual(['void']);
    });

    it('is asked about once, and not again after a rejection', async () => {
      await pollDays(90, [a]);
      const [first] = (await run()).plans;
      const [second] = (await run()).plans;
      expect(second).toEqual(first);
      await world.knex('custom_data_plans').where({ hash: first.hash }).update({
        state: 'rejected',
        decided_by: 'user:default/jane',
      });

      const { plans, items } = await run();

      expect(plans).toEqual([]);
      expect(items).toMatchObject([
        { left: `user:default/jane rejected the plan "${first.hash}"` },
      ]);
      await expect(planStates()).resolves.toEqual(['rejected']);
    });

    it('stays where it is pinned, or its source is not configured', async () => {
      await pollDays(90, [a]);
      await expect(run({ configured: false })).resolves.toMatchObject({
        items: [{ left: 'its source is not configured, or misconfigured' }],
        plans: [],
      });
      await world.knex('custom_data_pins').insert({
        entity_ref: B,
        source: 'registry',
        record_id: 'b',
        reason: 'we need it',
        created_by: 'user:default/jane',
        created_at: '',
        origin: 'restore',
      });
      await expect(run()).resolves.toMatchObject({
        items: [{ left: 'it is pinned by user:default/jane: we need it' }],
        plans: [],
      });
    });

    it('is only shown by a dry run, which writes nothing', async () => {
      await pollDays(90, [a]);
      const writes: string[] = [];
      world.knex.on('query', ({ sql }) => {
        if (!/^(select|with)/i.test(sql)) {
          writes.push(sql);
        }
      });

      await expect(run({ dryRun: true })).resolves.toMatchObject({
        dryRun: true,
        counts: { stale: 1, planned: 1 },
        plans: [],
        items: [{ entityRef: B, action: 'deprecate' }],
      });

      expect(writes).toEqual([]);
    });
  });

  it('deprecates what a held removal keeps', async () => {
    sync = world.start();
    await world.poll(sync, services(4));
    await pollDays(91, services(2));
    await expect(world.planStates()).resolves.toContain('pending');

    await carryOut(await run());

    expect(world.catalog.names()).toEqual(['s0', 's1', 's2', 's3']);
    expect(entity('component:default/s3')?.spec?.lifecycle).toBe('deprecated');
  });

  it('holds nobody back who is listed again, however many there are', async () => {
    await world.poll(sync, services(40));
    await pollDays(91, services(1));
    await carryOut(await run());
    expect(entity('component:default/s39')?.spec?.lifecycle).toBe('deprecated');

    await pollDays(1, services(40));

    await expect(world.lastRun()).resolves.toMatchObject({
      counts: { changed: 39, held: 0 },
    });
  });

  it('changes at most so many in one run, the longest absent first', async () => {
    await world.poll(sync, services(9));
    await pollDays(1, services(7));
    await pollDays(91, services(4));

    const { items, counts } = await run({ maxChanges: 3 });

    expect(counts).toMatchObject({ stale: 5, planned: 3, left: 2 });
    expect(items.map(item => item.action)).toEqual([
      ...Array(3).fill('deprecate'),
      undefined,
      undefined,
    ]);
    expect(items.slice(0, 2).map(item => item.entityRef)).toEqual([
      'component:default/s7',
      'component:default/s8',
    ]);
    expect(items[4].left).toBe(
      'one clean-up changes at most 3 entities ("cleanUp.maxChanges")',
    );
  });

  describe('what is retired', () => {
    let arrivals = 0;
    const deploy = (event: string, day: number, more: object = {}) =>
      recordDeployments({
        knex: world.knex,
        deployments: [
          {
            ...aDeployment({
              arrival: ++arrivals,
              service: 'b',
              event: `deployment.${event}` as 'deployment.removed',
              ...more,
            }),
            eventAt: new Date(
              Date.parse('2026-01-01T00:00:00.000Z') + day * DAY,
            ).toISOString(),
          },
        ],
      });

    it.each([
      [29, []],
      [30, [B]],
      [31, [B]],
    ])(
      'was removed from all environments 30 days ago: after %i %j',
      async (days, refs) => {
        await world.poll(sync, [a, b]);
        await deploy('success', 0, { environment: 'staging' });
        await deploy('success', 0);
        await deploy('removed', 1);
        await expect(run()).resolves.toMatchObject({ items: [] });
        await deploy('removed', 2, { environment: 'staging' });
        world.clock.advance((2 + days) * DAY - MINUTE);

        const { items } = await run();

        expect(items.map(item => item.entityRef)).toEqual(refs);
      },
    );

    it('is deprecated and pinned, since its source still lists it, and named once it runs again', async () => {
      await world.poll(sync, [a, b]);
      await deploy('removed', 1);
      world.clock.advance(40 * DAY);
      const report = await run();
      expect(report.items).toMatchObject([
        { found: 'retired', action: 'deprecate', source: 'registry' },
      ]);

      await carryOut(report);
      await world.reconcile(sync);
      expect(lifecycle()).toBe('deprecated');
      await expect(run()).resolves.toMatchObject({
        plans: [],
        items: [{ left: 'it is deprecated already' }],
      });

      await deploy('success', 50);
      await expect(run()).resolves.toMatchObject({
        items: [
          {
            why: 'it runs again since 2026-02-20',
            left: 'it is pinned as deprecated; remove its pin',
          },
        ],
      });
    });

    it('is only named where no source of ours gives it', async () => {
      await deploy('removed', 1);
      world.clock.advance(40 * DAY);
      await expect(run()).resolves.toMatchObject({
        items: [
          {
            entityRef: B,
            left: 'no source of ours gives it with its list',
          },
        ],
      });
    });
  });

  describe('orphans', () => {
    const give = async (ref: string, locationKey: string) =>
      world.catalog.give(ref, locationKey);

    beforeEach(async () => {
      await give('component:default/ours', 'custom-data:registry/x');
      await give('component:default/theirs', 'url:https://git.example.com/x');
    });

    it('stay unless it is configured, and are named', async () => {
      const { items } = await run();
      expect(items).toEqual([
        {
          entityRef: 'component:default/ours',
          source: 'registry',
          found: 'orphan',
          why: 'nobody gives it any more; known since 2026-01-01',
          left: '"cleanUp.removeOrphansAfter" is not set, so orphans stay',
        },
        {
          entityRef: 'component:default/theirs',
          found: 'orphan',
          why: 'nobody gives it any more; known since 2026-01-01',
          left: 'it is not ours',
        },
      ]);
    });

    it('of ours are removed after their time; those of others stay', async () => {
      const removeOrphansAfter = { days: 7 };
      await run({ removeOrphansAfter });
      world.clock.advance(6 * DAY);
      await run({ removeOrphansAfter });
      expect(removed).toEqual([]);
      world.clock.advance(DAY);
      await expect(
        run({ removeOrphansAfter, dryRun: true }),
      ).resolves.toMatchObject({ counts: { planned: 1, done: 0 } });
      refusal = new Error('no');
      await expect(run({ removeOrphansAfter })).resolves.toMatchObject({
        items: [{ left: 'no' }, {}],
      });
      refusal = undefined;

      const { counts, items } = await run({ removeOrphansAfter });

      const [{ entity_id: uid }] = await world
        .knex('refresh_state')
        .where('entity_ref', 'like', '%/ours');
      expect(removed).toEqual([String(uid)]);
      expect(counts).toMatchObject({ orphans: 2, done: 1, left: 1 });
      expect(items[0]).toMatchObject({ action: 'remove', done: true });
    });

    it('count anew if they were none in between', async () => {
      const removeOrphansAfter = { days: 7 };
      await run({ removeOrphansAfter });
      world.clock.advance(6 * DAY);
      await world.catalog.lose('component:default/ours');
      await run({ removeOrphansAfter });
      await give('component:default/ours', 'custom-data:registry/x');
      world.clock.advance(2 * DAY);

      await run({ removeOrphansAfter });

      expect(removed).toEqual([]);
    });
  });

  describe('owners', () => {
    it('that are no Group and no User are named with their entities', async () => {
      world.catalog.unknownOwners.add('group:default/ghosts');
      await world.poll(sync, [
        a,
        service('b', 'ghosts'),
        service('c', 'ghosts'),
        service('d', 'component:default/a'),
      ]);

      const { unknownOwners, counts } = await run();

      const of = (name: string) => ({
        entityRef: `component:default/${name}`,
        source: 'registry',
      });
      expect(unknownOwners).toEqual([
        { owner: 'component:default/a', count: 1, entities: [of('d')] },
        {
          owner: 'group:default/ghosts',
          count: 2,
          entities: [of('b'), of('c')],
        },
      ]);
      expect(counts).toMatchObject({ unknownOwners: 2, planned: 0 });
    });

    it('that the last deployment contradicts are named, unless `owners` says that they are the same', async () => {
      await world.poll(sync, [a, b]);
      const deploy = (given: Parameters<typeof aDeployment>[0]) =>
        recordDeployments({
          knex: world.knex,
          deployments: [aDeployment(given)],
        });
      await deploy({ arrival: 1, service: 'a', owner: 'old' });
      await deploy({ arrival: 2, service: 'a', owner: 'Team' });
      await deploy({ arrival: 3, service: 'b', owner: 'crew' });
      await deploy({ arrival: 4, service: 'b', environment: 'staging' });

      await expect(run()).resolves.toMatchObject({
        contradictions: [
          {
            entityRef: B,
            source: 'registry',
            owner: 'group:default/team',
            reported: 'crew',
            sender: 'ci',
          },
        ],
      });
      sync = world.start({ owners: { crew: 'group:default/team' } });
      await expect(run()).resolves.toMatchObject({ contradictions: [] });
    });
  });

  it('asks a number of questions that does not grow with the entities', async () => {
    const count = async () => {
      let queries = 0;
      const listen = () => queries++;
      world.knex.on('query', listen);
      await run({ dryRun: true });
      world.knex.removeListener('query', listen);
      return queries;
    };
    await world.poll(sync, services(3, 'ghosts'));
    await pollDays(1, services(1));
    await pollDays(90, services(1));
    const before = await count();
    await world.poll(sync, services(2500, 'ghosts'));
    await pollDays(1, services(1));
    await pollDays(90, services(1));

    await expect(run({ dryRun: true })).resolves.toMatchObject({
      counts: { stale: 2499 },
    });
    await expect(count()).resolves.toBe(before);
  });
});
