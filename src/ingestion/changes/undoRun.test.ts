import fc from 'fast-check';
import type { JsonObject } from '@backstage/types';
import { canonicalJson } from '../../lib/canonicalJson';
import { describeSource } from '../__testUtils__/describeSource';
import { service } from '../__testUtils__/fakes';
import { decideOnPlan } from '../control/plans';
import { findSource, type SourcesContext } from '../control/sources';
import { listPins, unpinEntity } from '../pins/pins';
import type { SourceSync } from '../SourceSync';
import { planUndo, proposeUndo } from './undoRun';

const MINUTE = 60_000;
const BY = 'user:default/guest';
const NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'];

const TABLES = [
  'custom_data_contributions',
  'custom_data_entities',
  'custom_data_pins',
  'custom_data_plans',
  'custom_data_records',
  'custom_data_runs',
  'custom_data_sources',
  'refresh_state',
  'refresh_state_references',
];

/** Records that may swap their names, change, come and go. */
const list: fc.Arbitrary<JsonObject[]> = fc
  .tuple(
    fc.shuffledSubarray(NAMES),
    fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
    fc.array(fc.constantFrom('x', 'y'), { minLength: NAMES.length }),
  )
  .map(([ids, names, owners]) =>
    ids.map((id, i) => ({ id, name: names[i], owner: owners[i] })),
  );

describeSource('undo', world => {
  let sync: SourceSync;
  let context: SourcesContext;

  const begin = () => {
    sync = world.start({
      removals: { maxRatio: 1, minCount: 1000, keep: false },
      changes: { maxRatio: 1, ignore: [] },
    });
    context = {
      knex: world.knex,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map(),
      connectionOf: () => world.catalog,
      logger: world.logger,
      now: world.clock.now,
      shutdown: new AbortController().signal,
    };
  };

  const lastRunId = async () => (await world.lastRun()).run_id;
  const options = (runId: string) => ({ source: 'registry', runId, by: BY });
  const approve = async (hash: string) => {
    world.clock.advance(MINUTE);
    return decideOnPlan(context, await findSource(context, 'registry'), {
      hash,
      decision: 'approved',
      by: BY,
    });
  };
  const undo = async (runId: string) => {
    world.clock.advance(MINUTE);
    const { plan } = await proposeUndo(context, options(runId));
    return approve(plan.hash);
  };
  /** In canonical form, as the catalog has them and as the tables do. */
  const entities = async () => {
    const rows = await world
      .knex('custom_data_contributions as c')
      .join('custom_data_entities as e', 'e.entity_ref', 'c.entity_ref')
      .orderBy('c.entity_ref')
      .select('c.entity_ref', 'c.entity', 'c.hash', 'e.hash as revision');
    rows.forEach(row => expect(row.hash).toBe(row.revision));
    const inCatalog = [...world.catalog.entities]
      .map(([ref, entity]) => [ref, canonicalJson(entity)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(rows.map(row => [row.entity_ref, row.entity])).toEqual(inCatalog);
    return Object.fromEntries(inCatalog);
  };
  const pins = async () => {
    const { knex } = world;
    const now = world.clock.now();
    return (await listPins({ knex, now, page: { limit: 100 } })).items;
  };
  const unpinAll = async () => {
    for (const { entityRef } of await pins()) {
      world.clock.advance(MINUTE);
      await unpinEntity(context, { entityRef, by: BY });
    }
  };
  /** Polls until nothing waits, with every plan approved. */
  const settle = async () => {
    for (let round = 0; round < 3; round++) {
      await world.poll(sync);
      await world.decide('approved');
    }
    await world.poll(sync);
  };

  beforeEach(() => begin());

  it('gives the entities before any run, keeps them, and lets the source win once they are unpinned', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(list, list, async (first, second) => {
        for (const table of TABLES) {
          await world.knex(table).delete();
        }
        world.begin(world.knex);
        begin();
        await world.poll(sync, first);
        const before = await entities();
        await world.poll(sync, second);
        const run = await world.lastRun();
        if (run.outcome !== 'applied') {
          return;
        }
        await expect(undo(run.run_id)).resolves.toMatchObject({ left: [] });
        expect(await entities()).toEqual(before);

        await world.poll(sync);
        await world.reconcile(sync);
        expect(await entities()).toEqual(before);

        await unpinAll();
        await settle();
        expect(await entities()).toEqual(
          Object.fromEntries(
            second.map(({ id, name, owner }) => [
              `component:default/${name}`,
              expect.stringMatching(
                new RegExp(`registry/${id}".*"owner":"${owner}"`),
              ),
            ]),
          ),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('shows its plan first, and stores nothing', async () => {
    await world.poll(sync, [service('a'), service('b'), service('c')]);
    await world.poll(sync, [service('a', 'other'), service('b'), service('d')]);
    const runId = await lastRunId();

    const shown = await planUndo(context, options(runId));
    expect(shown.changes.map(({ entityRef }) => entityRef)).toEqual([
      'component:default/a',
      'component:default/c',
      'component:default/d',
    ]);
    await expect(world.planStates()).resolves.toEqual([]);

    const stored = await proposeUndo(context, options(runId));
    expect(stored.plan).toMatchObject({
      hash: shown.plan.hash,
      kind: 'undo',
      state: 'pending',
      origin: runId,
      createdBy: BY,
      count: 3,
    });
    await proposeUndo(context, options(runId));
    await expect(world.planStates()).resolves.toEqual(['pending']);
    // A run over the list leaves it alone.
    await world.poll(sync);
    await expect(world.planStates()).resolves.toEqual(['pending']);
  });

  it('leaves alone and names what was changed again since, before and after it is asked for', async () => {
    await world.poll(sync, [service('a'), service('b'), service('c')]);
    const changed = ['a', 'b', 'c'].map(id => service(id, 'other'));
    await world.poll(sync, changed);
    const runId = await lastRunId();
    await world.poll(sync, [service('a', 'third'), ...changed.slice(1)]);

    const { plan, left } = await proposeUndo(context, options(runId));
    expect(left).toMatchObject([
      { entityRef: 'component:default/a', reason: 'it was changed since' },
    ]);
    await world.poll(sync, [service('b', 'third'), ...changed.slice(2)]);

    await expect(approve(plan.hash)).resolves.toMatchObject({
      applied: [{ entityRef: 'component:default/c' }],
      left: [
        { entityRef: 'component:default/b', reason: 'it was changed since' },
      ],
    });
    expect(['b', 'c'].map(world.ownerOf)).toEqual(['third', 'team']);
  });

  it('is refused for a run that is unknown, changed nothing, was not kept or was undone', async () => {
    await world.poll(sync, [service('a')]);
    const first = await lastRunId();
    const ask = (runId: string) => proposeUndo(context, options(runId));
    await expect(ask('nope')).rejects.toThrow(/has no run "nope"; GET .*runs/);

    await world.poll(sync);
    await expect(ask(await lastRunId())).rejects.toThrow(/it is unchanged/);

    await undo(first);
    expect(world.catalog.names()).toEqual([]);
    await expect(ask(first)).rejects.toThrow(
      new RegExp(`was undone at .* by ${BY}, with plan`),
    );

    // The undo of an undo brings back what it took.
    await undo(await lastRunId());
    expect(world.catalog.names()).toEqual(['a']);
    const last = await lastRunId();
    await world.knex('custom_data_run_changes').delete();
    await expect(ask(last)).rejects.toThrow(/was not kept/);
  });

  it('is carried out once, and can be rejected', async () => {
    await world.poll(sync, [service('a')]);
    const { plan } = await proposeUndo(context, options(await lastRunId()));
    const decide = async (decision: 'approved' | 'rejected') =>
      decideOnPlan(context, await findSource(context, 'registry'), {
        hash: plan.hash,
        decision,
        by: BY,
      });

    await decide('rejected');
    expect(world.catalog.names()).toEqual(['a']);
    await decide('approved');
    expect(world.catalog.names()).toEqual([]);
    await expect(decide('approved')).rejects.toThrow(/it is applied/);
    await expect(world.planStates()).resolves.toEqual(['applied']);
  });

  it('can be approved again if its run failed', async () => {
    await world.poll(sync, [service('a')]);
    const { plan } = await proposeUndo(context, options(await lastRunId()));
    world.catalog.failure = new Error('no catalog');
    await expect(approve(plan.hash)).rejects.toThrow('no catalog');
    await expect(world.planStates()).resolves.toEqual(['approved']);

    world.catalog.failure = undefined;
    await approve(plan.hash);
    expect(world.catalog.names()).toEqual([]);
  });
});
