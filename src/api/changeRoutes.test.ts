import type { JsonObject } from '@backstage/types';
import { describeSource } from '../ingestion/__testUtils__/describeSource';
import { service } from '../ingestion/__testUtils__/fakes';
import type { SourceSync } from '../ingestion/SourceSync';
import { serveApi, type ServedApi, USER } from './__testUtils__/serveApi';

const A = 'component:default/a';
const B = 'component:default/b';
const C = 'component:default/c';
const HIDDEN = 'component:default/hidden';

describeSource('the routes of changes, undo and pins', world => {
  let sync: SourceSync;
  let api: ServedApi;
  let hidden: string[];

  beforeEach(async () => {
    sync = world.start({
      removals: { maxRatio: 0.2, minCount: 10, keep: false },
    });
    hidden = [];
    api = await serveApi({
      knex: world.knex,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map([['faulty', 'key "headers": is empty']]),
      sources: new Map(),
      connectionOf: () => world.catalog,
      now: world.clock.now,
      isVisible: ref => !hidden.includes(ref),
    });
  });

  afterEach(async () => {
    await api.stop();
  });

  const poll = (...records: JsonObject[]) => world.poll(sync, records);
  const call = (what: string, body?: unknown) => api.call(what, { body });
  const get = async (path: string) => (await call(`GET ${path}`)).body;
  const runId = async () => (await world.lastRun()).run_id;
  const undo = async (body?: unknown, run?: string) =>
    call(`POST /sources/registry/runs/${run ?? (await runId())}/undo`, body);
  const messageOf = async (answer: ReturnType<typeof call>) => {
    const { status, body } = await answer;
    return `${status}: ${body.error.message}`;
  };
  const fieldOf = (before: string, after: string) => ({
    path: 'spec.owner',
    before,
    after,
  });
  const pinOf = (ref: string) =>
    `/entities/by-name/${ref.replace(':', '/')}/pin`;

  /** A run that adds, changes and removes. */
  const change = async () => {
    await poll(service('a'), service('b'), service('hidden'));
    await poll(service('a', 'other'), service('c'), service('hidden', 'x'));
    return runId();
  };

  it('show what a run changed, field by field, in pages, without what the caller may not see', async () => {
    const run = await change();
    const path = `/sources/registry/runs/${run}/changes`;
    hidden = [HIDDEN];

    const first = await get(`${path}?limit=2`);
    expect(first).toMatchObject({
      items: [
        {
          entityRef: A,
          recordId: 'a',
          action: 'change',
          fields: [fieldOf('team', 'other')],
        },
        { entityRef: B, action: 'remove' },
      ],
      totalItems: 4,
    });
    expect(first.items[1].fields).toContainEqual({
      path: 'metadata.name',
      before: 'b',
    });
    const { nextCursor } = first.pageInfo;
    const second = await get(`${path}?limit=2&cursor=${nextCursor}`);
    expect(second).toMatchObject({
      items: [{ entityRef: C, action: 'add' }],
      pageInfo: {},
    });
  });

  it('take a run back with a plan that is shown, stored, approved and audited', async () => {
    const run = await change();

    const shown = await undo();
    expect(shown).toMatchObject({
      status: 200,
      body: {
        dryRun: true,
        plan: { kind: 'undo', count: 4 },
        changes: {
          totalItems: 4,
          items: expect.arrayContaining([
            expect.objectContaining({
              entityRef: A,
              action: 'change',
              fields: [fieldOf('other', 'team')],
              pin: { reason: `run "${run}" is undone` },
            }),
            expect.objectContaining({ entityRef: B, action: 'add' }),
            expect.objectContaining({ entityRef: C, action: 'remove' }),
          ]),
        },
        left: { totalItems: 0, items: [] },
      },
    });
    expect((await get('/sources/registry/plans')).items).toEqual([]);

    hidden = [HIDDEN];
    const stored = await undo({ dryRun: false, reason: 'wrong', limit: 500 });
    expect(stored.status).toBe(201);
    const { hash } = stored.body.plan;
    expect(hash).not.toBe(shown.body.plan.hash);
    expect(await get('/sources/registry/plans')).toMatchObject({
      items: [
        { hash, kind: 'undo', state: 'pending', reason: 'wrong', origin: run },
      ],
      totalItems: 1,
    });
    const plan = await get(`/sources/registry/plans/${hash}`);
    expect(plan).toMatchObject({
      plan: { hash, createdBy: USER },
      items: [
        { entityRef: A, fields: [fieldOf('other', 'team')] },
        { entityRef: B, action: 'add' },
        { entityRef: C, action: 'remove', pin: { reason: 'wrong' } },
      ],
      totalItems: 4,
    });
    // Of the plan that a run holds there is none.
    expect(await get('/sources/registry/plan')).toMatchObject({ plan: null });

    world.clock.advance(60_000);
    const approved = await call(`POST /sources/registry/plan/${hash}/approve`);
    expect(approved).toEqual({
      status: 200,
      body: {
        hash,
        state: 'applied',
        runId: await runId(),
        applied: 4,
        left: [],
      },
    });
    expect(world.catalog.names()).toEqual(['a', 'b', 'hidden']);
    expect(await get('/sources/registry/runs')).toMatchObject({
      items: [
        { kind: 'undo', outcome: 'applied', held: `by ${USER}: wrong` },
        {},
        {},
      ],
    });
    expect(await get(`/sources/registry/plans/${hash}`)).toMatchObject({
      plan: { state: 'applied', decidedBy: USER },
      items: [{ entityRef: A }, { entityRef: B }, { entityRef: C }],
    });
    expect(api.audited.slice(-2)).toMatchObject([
      {
        eventId: 'run-undo',
        meta: { source: 'registry', run, dryRun: false, hash },
        outcome: 'success',
      },
      {
        eventId: 'plan-decide',
        meta: { hash, decision: 'approved', run: await runId() },
        outcome: 'success',
      },
    ]);
  });

  it('show pins with their drift, and let the source win once they are deleted', async () => {
    await change();
    const { body } = await undo({ dryRun: false, reason: 'wrong' });
    await call(`POST /sources/registry/plan/${body.plan.hash}/approve`);
    await world.poll(sync);

    expect(await get('/pins?source=registry&limit=3')).toMatchObject({
      items: [
        {
          entityRef: A,
          reason: 'wrong',
          by: USER,
          origin: 'undo',
          absent: false,
          drift: { type: 'changed', fields: [fieldOf('team', 'other')] },
        },
        { entityRef: B, absent: false, drift: { type: 'removed' } },
        { entityRef: C, absent: true, drift: { type: 'added' } },
      ],
      totalItems: 4,
    });
    const explain = `/entities/by-name/component/default/a/explain`;
    expect(await get(explain)).toMatchObject({
      pin: { drift: { type: 'changed' } },
    });

    for (const ref of [A, B, C]) {
      expect((await call(`DELETE ${pinOf(ref)}`)).status).toBe(204);
    }
    await world.poll(sync);
    expect(world.catalog.names()).toEqual(['a', 'c', 'hidden']);
    expect(world.ownerOf('a')).toBe('other');
    expect((await get(explain)).pin).toBeUndefined();
    expect(api.audited.at(-1)).toMatchObject({
      eventId: 'entity-unpin',
      meta: { entityRef: C, source: 'registry' },
    });
  });

  it('pin an entity as it is, for a while', async () => {
    await poll(service('a'));
    const until = world.clock.after(3_600_000).toISOString();
    const pinned = await call(`PUT ${pinOf(A)}`, { reason: 'mine', until });
    expect(pinned).toMatchObject({
      status: 200,
      body: { entityRef: A, by: USER, until, drift: { type: 'none' } },
    });

    await poll(service('a', 'other'));
    expect(world.ownerOf('a')).toBe('team');
    // Again: what the source gives stays known.
    expect(await call(`PUT ${pinOf(A)}`, { reason: 'ours' })).toMatchObject({
      body: { reason: 'ours', origin: 'pin', drift: { type: 'changed' } },
    });
    expect(world.ownerOf('a')).toBe('team');
  });

  it('name what is wrong with a request', async () => {
    await poll(service('a'));
    const wrong: Array<[Promise<any>, RegExp]> = [
      [undo({ dryRun: 'no' }), /^400: dryRun: /],
      [undo({ until: '2020-01-01T00:00:00Z' }), /^400: until: .* has passed/],
      [undo({ foo: 1 }), /^400: request: .*foo/],
      [undo({}, 'nope'), /^404: .* has no run "nope"/],
      [call(`PUT ${pinOf(A)}`, {}), /^400: reason: /],
      [call(`PUT ${pinOf(A)}`, { reason: ' ' }), /^400: reason: /],
      [
        call(`PUT ${pinOf(A)}`, { reason: 'x', until: '2020-01-01T00:00:00Z' }),
        /^400: until: /,
      ],
      [
        call(`PUT ${pinOf(B)}`, { reason: 'x' }),
        /^404: There is no entity "component:default\/b"/,
      ],
      [call(`DELETE ${pinOf(A)}`), /^404: .* is not pinned/],
      [call('GET /pins?foo=1'), /^400: /],
      [call('GET /sources/registry/plans/nope'), /^404: .* no plan "nope"/],
      [
        call('GET /sources/registry/runs/nope/changes'),
        /^404: .* no run "nope"/,
      ],
      [call('POST /sources/faulty/runs/x/undo'), /^409: .* misconfigured/],
    ];
    for (const [answer, message] of wrong) {
      expect(await messageOf(answer)).toMatch(message);
    }
    await world.knex('custom_data_read_refs').insert({
      source: 'registry',
      record_id: 'b',
      entity_ref: B,
    });
    expect(await messageOf(call(`PUT ${pinOf(B)}`, { reason: 'x' }))).toMatch(
      /^409: .* is read for location "custom-data:registry\/b"/,
    );
  });
});
