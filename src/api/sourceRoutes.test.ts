import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { waitFor } from '../__testUtils__/waitFor';
import type { SourceSettings } from '../config/source';
import type { SourceSync } from '../ingestion/SourceSync';
import { describeSource } from '../ingestion/__testUtils__/describeSource';
import { service } from '../ingestion/__testUtils__/fakes';
import { SourceError } from '../lib/errors';
import { serveApi, type ServedApi, USER } from './__testUtils__/serveApi';

const signal = new AbortController().signal;
const MINUTE = 60_000;
const HASH = 'ab'.repeat(32);
const CALLS = {
  'customData.source.sync': [
    'POST /sources/registry/sync',
    'POST /sources/registry/pause',
    'POST /sources/registry/resume',
  ],
  'customData.plan.decide': [
    `POST /sources/registry/plan/${HASH}/approve`,
    `POST /sources/registry/plan/${HASH}/reject`,
  ],
  'catalog.ingestion.read': [
    'GET /sources',
    'GET /sources/registry',
    'GET /sources/registry/runs',
    'GET /sources/registry/problems',
    'GET /sources/registry/plan',
  ],
};

describeSource('the routes of sources', world => {
  let sync: SourceSync;
  let api: ServedApi;

  afterEach(async () => {
    await api.stop();
  });

  async function serve(
    settings: Partial<SourceSettings> = {},
    more: Parameters<typeof serveApi>[0] = {},
  ) {
    sync = world.start(settings);
    api = await serveApi({
      knex: world.knex,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map([['faulty', 'key "headers": is empty']]),
      connectionOf: () => world.catalog,
      now: world.clock.now,
      ...more,
    });
  }
  const poll = (...records: JsonObject[]) => world.poll(sync, records);
  const get = async (path: string) => (await api.call(`GET ${path}`)).body;
  const post = (path: string, body?: unknown) =>
    api.call(`POST /sources/registry${path}`, { body });
  const shown = () => get('/sources/registry');
  const plan = async () => (await get('/sources/registry/plan')).plan;
  const services = ['a', 'b', 'c', 'd', 'e', 'f'].map(id => service(id));

  it('lists all sources by name, page by page', async () => {
    await serve({ title: 'Registry', owner: 'platform' });
    await poll(service('a'));
    await world
      .knex('custom_data_sources')
      .insert({ source: 'old', failures: 0 });

    const first = await get('/sources?limit=2');
    expect(first).toEqual({
      items: [
        expect.objectContaining({
          name: 'faulty',
          state: 'misconfigured',
          reason: 'key "headers": is empty',
        }),
        expect.objectContaining({ name: 'old', state: 'unconfigured' }),
      ],
      totalItems: 3,
      pageInfo: { nextCursor: expect.any(String) },
    });
    const { nextCursor } = first.pageInfo;
    await expect(get(`/sources?limit=2&cursor=${nextCursor}`)).resolves.toEqual(
      {
        items: [
          {
            name: 'registry',
            state: 'idle',
            attention: [],
            title: 'Registry',
            owner: 'platform',
            type: 'http',
            url: 'http://registry.invalid/metadata',
            poll: true,
            entities: 1,
            failures: 0,
            lastRun: expect.objectContaining({ outcome: 'applied' }),
            lastSuccess: expect.objectContaining({ kind: 'poll' }),
            problems: { errors: 0, warnings: 0 },
          },
        ],
        totalItems: 3,
        pageInfo: {},
      },
    );
  });

  describe('attention', () => {
    const path = '/api/catalog/custom-data/sources/registry';
    const attention = async () => (await shown()).attention;

    it('says that all records are invalid, also while the API answers that nothing changed', async () => {
      await serve();
      world.source.etag = '"1"';
      const broken = { id: 'x', broken: true };
      await poll(service('a'), broken);
      await expect(attention()).resolves.toEqual([]);
      world.source.etag = '"2"';
      await poll(broken, { id: 'a', broken: true });
      await poll();
      expect(world.source.asked.at(-1)).toEqual({ etag: '"2"' });

      await expect(attention()).resolves.toEqual([
        {
          code: 'all-records-invalid',
          message: `Of 2 records, none is valid, and what the catalog has stays; GET ${path}/problems says what to correct`,
        },
      ]);
    });

    it('says that a plan is held and how to decide on it, until somebody does', async () => {
      await serve();
      await poll(...services);
      await poll();
      const { pendingPlan } = await shown();
      const { hash } = pendingPlan;

      await expect(attention()).resolves.toEqual([
        {
          code: 'plan-held',
          message: expect.stringContaining(
            `; GET ${path}/plan shows what is held, POST ${path}/plan/${hash}/approve applies it, POST ${path}/plan/${hash}/reject keeps`,
          ),
        },
      ]);
      await post(`/plan/${hash}/reject`);
      await poll();
      await expect(attention()).resolves.toEqual([]);
    });

    it('says that a list is incomplete, beside a plan that still waits', async () => {
      await serve();
      await poll(...services, { owner: 'nobody' });
      const incomplete = {
        code: 'list-incomplete',
        message: expect.stringContaining('cannot be identified'),
      };
      await expect(attention()).resolves.toEqual([incomplete]);

      await poll();
      await poll(service('a'), { owner: 'nobody' });
      await expect(attention()).resolves.toEqual([
        incomplete,
        expect.objectContaining({ code: 'plan-held' }),
      ]);
    });

    it('says that runs fail, and with what', async () => {
      await serve();
      for (const minutes of [0, 10]) {
        world.clock.advance(minutes * MINUTE);
        world.source.answer = new SourceError('down', { code: 'network' });
        await sync.poll({ kind: 'poll', signal }).catch(() => undefined);
      }
      world.clock.advance(10 * MINUTE);
      // It says nothing of the list.
      await sync.syncRecord({ recordId: 'none', signal });
      await expect(attention()).resolves.toEqual([
        {
          code: 'failing',
          message: `The last 2 runs in a row failed (SourceError: down), next try at 2026-01-01T00:12:00.000Z; POST ${path}/sync with {"force":true} tries at once`,
        },
      ]);
    });

    it('says what the catalog refuses, and which sources are misconfigured or gone from the configuration', async () => {
      await serve();
      await poll(service('a'));
      await world.knex('custom_data_sources').insert({
        source: 'old',
        failures: 3,
      });
      await world.knex('custom_data_problems').insert({
        source: 'registry',
        problem_key: 'k',
        code: 'catalog-error',
        severity: 'error',
        entity_ref: 'component:default/a',
        message: '…',
        first_seen_at: world.clock.now().toISOString(),
        first_seen_run: '',
      });
      const { items } = await get('/sources');
      expect(
        items.map(({ name, attention: found }: any) => [
          name,
          ...found.map(({ code }: any) => code),
        ]),
      ).toEqual([
        ['faulty', 'misconfigured'],
        ['old', 'plan-held'],
        ['registry', 'catalog-problems'],
      ]);
    });
  });

  it('shows the URL of a source without what may be secret', async () => {
    await serve({
      url: 'https://user:pass@registry.example.com/metadata?token=secret',
    });
    expect((await shown()).url).toBe('https://registry.example.com/metadata');
  });

  it('shows no URL of a source that is not read over HTTP', async () => {
    await serve({ type: 'custom' } as Partial<SourceSettings>);
    const { type, url } = await shown();

    expect(type).toBe('custom');
    expect(url).toBeUndefined();
  });

  it('shows a source as running, and as busy, while the lease of an open run lasts', async () => {
    await serve();
    await poll(service('a'));
    await world.knex('custom_data_runs').insert({
      run_id: 'r',
      source: 'registry',
      kind: 'poll',
      outcome: 'running',
      started_at: world.clock.now().toISOString(),
      lease_expires_at: world.clock.after(1000).toISOString(),
    });
    expect((await shown()).state).toBe('running');
    await expect(post('/sync', {})).resolves.toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('busy') } },
    });

    world.clock.advance(1000);
    expect((await shown()).state).toBe('idle');
  });

  it('pages through runs and problems', async () => {
    await serve();
    for (const broken of ['x', 'y', 'z']) {
      await poll(
        service('a', broken),
        ...['x', 'y', 'z'].map(id => ({ id, broken: true })),
      );
    }
    for (const list of ['runs', 'problems']) {
      const path = `/sources/registry/${list}`;
      const whole = await get(`${path}?limit=500`);
      const items: unknown[] = [];
      let cursor = '';
      do {
        const page = await get(`${path}?limit=2${cursor}`);
        items.push(...page.items);
        expect(page.totalItems).toBe(whole.totalItems);
        const next = page.pageInfo.nextCursor;
        cursor = next && `&cursor=${next}`;
      } while (cursor);
      expect(items).toEqual(whole.items);
      expect(items.length).toBeGreaterThan(2);
    }
  });

  it('shows problems while they last', async () => {
    await serve();
    await poll(service('a'), { id: 'x', broken: true });

    await expect(get('/sources/registry/problems')).resolves.toEqual({
      items: [
        {
          code: 'expression-failed',
          severity: 'error',
          recordId: 'x',
          message: 'broken',
          firstSeenAt: world.clock.now().toISOString(),
        },
      ],
      totalItems: 1,
      pageInfo: {},
    });
    expect((await shown()).problems.errors).toBe(1);

    await poll(service('a'));
    expect((await shown()).problems.errors).toBe(0);
  });

  describe('held removals', () => {
    it('shows that there is no plan', async () => {
      await serve();
      await expect(get('/sources/registry/plan')).resolves.toEqual({
        plan: null,
        items: [],
        totalItems: 0,
        pageInfo: {},
      });
    });

    it('shows the plan, with the owners of the entities that the caller may see, and names no other in its cursor', async () => {
      await serve({}, { isVisible: ref => !ref.endsWith('/b') });
      await poll(...services);
      await poll();

      const { pendingPlan } = await shown();
      expect(pendingPlan).toEqual({
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        count: 6,
        path: '/api/catalog/custom-data/sources/registry/plan',
      });
      const first = await get('/sources/registry/plan?limit=3');
      expect(first).toEqual({
        plan: expect.objectContaining({
          hash: pendingPlan.hash,
          count: 6,
          state: 'pending',
          reason: expect.stringContaining('empty list'),
        }),
        items: ['a', 'c'].map(recordId => ({
          entityRef: `component:default/${recordId}`,
          recordId,
          owner: 'group:default/owner',
        })),
        totalItems: 6,
        pageInfo: { nextCursor: expect.any(String) },
      });
      const { nextCursor } = first.pageInfo;
      // Without the name of an entity that the caller may not see.
      expect(Buffer.from(nextCursor, 'base64url').toString()).toBe('["3"]');
      const rest = await get(`/sources/registry/plan?cursor=${nextCursor}`);
      expect(rest.items.map((item: any) => item.recordId)).toEqual([
        'd',
        'e',
        'f',
      ]);
    });

    it('shows which fields would change, from what to what', async () => {
      await serve();
      await poll(service('a', 'payments'));
      await poll({ id: 'a' });

      await expect(get('/sources/registry/plan')).resolves.toMatchObject({
        plan: {
          count: 1,
          reason: expect.stringContaining('spec.owner of 1'),
        },
        items: [
          {
            entityRef: 'component:default/a',
            recordId: 'a',
            changes: [{ field: 'spec.owner', from: 'payments', to: 'unowned' }],
          },
        ],
      });
    });

    it('removes the entities once the plan is approved', async () => {
      await serve();
      await poll(...services);
      await poll();
      const { hash } = (await shown()).pendingPlan;

      for (const typo of [HASH, hash.slice(1)]) {
        await expect(post(`/plan/${typo}/approve`)).resolves.toMatchObject({
          status: 404,
          body: {
            error: {
              message: `Source "registry" has no plan "${typo}"; its present plan is "${hash}" (pending), GET /api/catalog/custom-data/sources/registry/plan shows it`,
            },
          },
        });
      }
      await expect(post(`/plan/${hash}/approve`)).resolves.toEqual({
        status: 200,
        body: { hash, state: 'approved' },
      });
      await expect(plan()).resolves.toMatchObject({
        state: 'approved',
        decidedBy: USER,
      });
      await poll();

      expect(world.catalog.names()).toEqual([]);
      await expect(plan()).resolves.toMatchObject({ hash, state: 'applied' });
      await expect(post(`/plan/${hash}/approve`)).resolves.toMatchObject({
        status: 409,
        body: { error: { name: 'ConflictError' } },
      });
      expect(api.audited.at(-2)).toEqual({
        eventId: 'plan-decide',
        severityLevel: 'medium',
        meta: { source: 'registry', hash, decision: 'approved' },
        outcome: 'success',
      });
    });

    it('keeps the entities of a rejected plan', async () => {
      await serve();
      await poll(...services);
      await poll();
      const { hash } = (await shown()).pendingPlan;

      await expect(post(`/plan/${hash}/reject`)).resolves.toMatchObject({
        body: { state: 'rejected' },
      });
      await poll();

      expect(world.catalog.names()).toHaveLength(6);
      expect((await shown()).pendingPlan).toBeUndefined();
      await expect(plan()).resolves.toMatchObject({ state: 'rejected' });
    });

    it('shows when a plan expires only while it does', async () => {
      await serve();
      await poll(...services);
      await poll();
      const { hash } = (await shown()).pendingPlan;
      await expect(plan()).resolves.toMatchObject({
        expiresAt: '2026-01-08T00:02:00.000Z',
      });

      await post(`/plan/${hash}/reject`);
      expect(await plan()).not.toHaveProperty('expiresAt');

      await post(`/plan/${hash}/approve`);
      await expect(plan()).resolves.toHaveProperty('expiresAt');
      await poll();
      await expect(plan()).resolves.toMatchObject({ state: 'applied' });
      expect(await plan()).not.toHaveProperty('expiresAt');
    });

    it.each([['no decision'], ['an approval that no run could use']])(
      'shows a plan as expired after a week with %s, until a run makes it again',
      async before => {
        await serve();
        await poll(...services);
        await poll();
        const { hash } = (await shown()).pendingPlan;
        const approve = () => post(`/plan/${hash}/approve`);
        if (before !== 'no decision') {
          await approve();
        }
        world.clock.advance(7 * 24 * 60 * MINUTE);

        const { pendingPlan, attention } = await shown();
        expect([pendingPlan, attention]).toEqual([undefined, []]);
        await expect(plan()).resolves.toMatchObject({
          hash,
          state: 'expired',
        });
        await expect(approve()).resolves.toMatchObject({
          status: 409,
          body: {
            error: {
              message: `Plan "${hash}" of source "registry" expired at 2026-01-08T00:02:00.000Z; the next run over the list makes it again, if that list wants the same`,
            },
          },
        });

        await poll();

        expect((await shown()).pendingPlan).toMatchObject({ hash });
        await expect(approve()).resolves.toMatchObject({ status: 200 });
      },
    );

    it('makes a plan void when the records come back', async () => {
      await serve();
      await poll(...services);
      await poll();
      await poll(...services);

      const { hash, state } = await plan();
      expect(state).toBe('void');
      await expect(post(`/plan/${hash}/approve`)).resolves.toMatchObject({
        status: 409,
      });
    });
  });

  it('pauses and resumes a source', async () => {
    await serve();
    await poll(service('a'));

    await expect(post('/pause')).resolves.toEqual({ status: 204 });
    await expect(shown()).resolves.toMatchObject({
      state: 'paused',
      paused: { by: USER, at: world.clock.now().toISOString() },
    });
    await expect(post('/sync', {})).resolves.toMatchObject({ status: 409 });
    await poll(service('a'), service('b'));
    expect(world.catalog.names()).toEqual(['a']);

    await expect(post('/resume')).resolves.toEqual({ status: 204 });
    await expect(sync.due()).resolves.toBe('manual');
    await poll(service('a'), service('b'));
    expect(world.catalog.names()).toEqual(['a', 'b']);
  });

  it.each([
    { poll: false },
    { schedule: { frequency: { trigger: 'manual' as const }, timeout: {} } },
  ])('does not have a source polled that no schedule polls: %j', async how => {
    await serve(how);
    await poll(service('a'));
    await post('/pause');
    await expect(post('/resume')).resolves.toEqual({ status: 204 });
    await expect(sync.due()).resolves.toBeUndefined();
  });

  it('does not resume a source that its configuration pauses', async () => {
    await serve({ paused: true });
    await expect(post('/resume')).resolves.toMatchObject({ status: 409 });
    await expect(api.call('POST /sources/faulty/pause')).resolves.toEqual({
      status: 409,
      body: expect.objectContaining({
        error: expect.objectContaining({
          message: expect.stringContaining('it is misconfigured'),
        }),
      }),
    });
  });

  it('syncs one record, and names its run', async () => {
    await serve();
    await poll(service('a'));
    world.source.records.set('a', service('a', 'other'));
    world.clock.advance(MINUTE);

    const { status, body } = await post('/sync', { recordId: 'a' });
    expect([status, body.status]).toEqual([200, 'synced']);
    expect(world.ownerOf('a')).toBe('other');
    expect((await shown()).lastRun).toMatchObject({
      id: body.runId,
      kind: 'record',
    });
  });

  it('answers 404 for a record that the source does not have, and removes nothing', async () => {
    await serve();
    await poll(service('a'));
    await expect(post('/sync', { recordId: 'a' })).resolves.toMatchObject({
      status: 404,
      body: {
        error: {
          message: expect.stringContaining(
            'Source "registry" has no record "a"',
          ),
        },
      },
    });
    expect(world.catalog.names()).toEqual(['a']);
  });

  describe('while a source backs off', () => {
    beforeEach(async () => {
      await serve();
      world.source.answer = new Error('down');
      await sync.poll({ kind: 'poll', signal }).catch(() => undefined);
      // Two runs of one moment have no order.
      world.clock.advance(1000);
      world.source.answer = [service('a')];
      world.source.records.set('a', service('a'));
    });

    it.each([{}, { recordId: 'a' }])(
      'syncs %j only where that is forced',
      async body => {
        await expect(post('/sync', body)).resolves.toMatchObject({
          status: 409,
          body: {
            error: { message: expect.stringContaining('"force":true') },
          },
        });
        const { status, body: answer } = await post('/sync', {
          ...body,
          force: true,
        });
        expect(status).toBeLessThan(300);
        await waitFor(async () =>
          expect((await shown()).lastRun).toMatchObject({
            id: answer.runId,
            outcome: 'applied',
          }),
        );
      },
    );

    it('counts on where a forced run fails too', async () => {
      world.source.answer = new Error('still down');
      await post('/sync', { force: true });
      await waitFor(async () =>
        expect(await shown()).toMatchObject({
          failures: 2,
          state: 'backing-off',
        }),
      );
    });

    it('is due at once when it is resumed', async () => {
      await expect(sync.due()).resolves.toBeUndefined();
      await post('/resume');
      await expect(sync.due()).resolves.toBe('retry');
    });

    it('is not polled by force while it is paused', async () => {
      await post('/pause');
      await expect(post('/sync', { force: true })).resolves.toMatchObject({
        status: 409,
        body: { error: { message: expect.stringContaining('is paused') } },
      });
    });
  });

  it.each([
    [400, 'its id may leave the path', new InputError('may leave its path')],
    [503, 'the API is down', new SourceError('down', { code: 'network' })],
  ])(
    'answers %p if one record cannot be fetched: %s',
    async (status, _, error) => {
      await serve();
      world.source.records.set('a', error);
      await expect(post('/sync', { recordId: 'a' })).resolves.toMatchObject({
        status,
        body: { error: { message: error.message } },
      });
    },
  );

  it('starts a run over the list, names it, and does not wait for it', async () => {
    await serve();
    world.source.answer = [service('a')];

    const { status, body } = await post('/sync');
    expect([status, body.status]).toEqual([202, 'started']);
    await waitFor(async () =>
      expect((await shown()).lastRun).toMatchObject({
        id: body.runId,
        kind: 'manual',
        outcome: 'applied',
        counts: { added: 1 },
      }),
    );
  });

  it.each(['abc', '0', '501', '1.5', ''])(
    'says what is wrong with limit=%s',
    async limit => {
      await serve();
      await expect(get(`/sources?limit=${limit}`)).resolves.toMatchObject({
        error: {
          name: 'InputError',
          message: `limit: "${limit}" is no whole number from 1 to 500`,
        },
      });
    },
  );

  it.each([
    ['GET /sources/none', undefined, 404, 'NotFoundError'],
    ['GET /sources/none/runs', undefined, 404, 'NotFoundError'],
    ['POST /sources/none/sync', {}, 404, 'NotFoundError'],
    ['POST /sources/none/pause', undefined, 404, 'NotFoundError'],
    ['POST /sources/faulty/sync', {}, 409, 'ConflictError'],
    ['GET /sources?cursor=zzz', undefined, 400, 'InputError'],
    ['GET /sources/registry/runs?cursor=WyJhIl0', undefined, 400, 'InputError'],
    ['GET /sources/registry/runs?limit=501', undefined, 400, 'InputError'],
    ['GET /sources/registry/plan?limit=x', undefined, 400, 'InputError'],
    ['POST /sources/registry/plan/x/approve', undefined, 404, 'NotFoundError'],
    ['POST /sources/registry/plan/%00/reject', undefined, 400, 'InputError'],
    ['POST /sources/registry/sync', { record: 'a' }, 400, 'InputError'],
  ])('answers %s %p with %p', async (call, body, status, name) => {
    await serve();
    await expect(api.call(call, { body })).resolves.toMatchObject({
      status,
      body: { error: { name } },
    });
  });

  it.each(
    Object.entries(CALLS).flatMap(([permission, calls]) =>
      calls.map(call => [call, permission]),
    ),
  )('%s needs %s, and changes are audited', async (call, permission) => {
    await serve(
      {},
      { allowed: Object.keys(CALLS).filter(name => name !== permission) },
    );
    const denied = await api.call(call);

    expect(denied.status).toBe(403);
    expect(denied.body.error.message).toContain(permission);
    expect(api.audited.map(({ outcome }) => outcome)).toEqual(
      call.startsWith('POST') ? ['NotAllowedError'] : [],
    );
    await expect(api.call(call, { as: 'nobody' })).resolves.toMatchObject({
      status: 401,
    });
  });

  describe('GET /sources/:source/problems', () => {
    const ids = async () =>
      (await get('/sources/registry/problems')).items.map(
        (problem: any) => problem.recordId ?? problem.code,
      );

    beforeEach(async () => {
      await serve({}, { isVisible: ref => ref.includes('mine') });
      await poll(service('mine'), service('theirs'));
    });

    const store = (
      ...problems: Array<{ recordId?: string; entity?: string }>
    ) =>
      world.knex('custom_data_problems').insert(
        problems.map(({ recordId, entity }, index) => ({
          source: 'registry',
          problem_key: `${index}`,
          code: 'expression-failed',
          severity: 'error',
          record_id: recordId ?? null,
          entity_ref: entity ? `component:default/${entity}` : null,
          message: '…',
          first_seen_at: world.clock.now().toISOString(),
          first_seen_run: 'r',
        })),
      );

    it('shows problems of entities that the caller may see', async () => {
      await store(
        { recordId: 'mine' },
        { recordId: 'mine', entity: 'mine' },
        { entity: 'mine' },
      );
      await expect(ids()).resolves.toHaveLength(3);
    });

    it('hides problems of other entities, and of records that give one', async () => {
      await store(
        { recordId: 'theirs' },
        { recordId: 'mine', entity: 'theirs' },
        { entity: 'theirs' },
      );
      await expect(ids()).resolves.toEqual([]);
    });

    it('shows problems that are not about an entity', async () => {
      await store({}, { recordId: 'never-mapped' });
      await expect(ids()).resolves.toEqual([
        'never-mapped',
        'expression-failed',
      ]);
    });
  });
});
