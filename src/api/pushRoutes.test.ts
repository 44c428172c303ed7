import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { mockLogger } from '../__testUtils__/mockLogger';
import { waitFor } from '../__testUtils__/waitFor';
import { readCustomDataSettings } from '../config/settings';
import { describeTables } from '../database/__testUtils__/describeTables';
import { createExtensions } from '../extension';
import { FakeCatalog } from '../ingestion/__testUtils__/fakes';
import { providerName } from '../lib/keys';
import { createRunTracker } from '../metrics/runs';
import { PushWorker } from '../upkeep/push/PushWorker';
import { startSources } from '../wiring/createSources';
import { prepareSources } from '../wiring/prepareSources';
import { serveApi, type ServedApi, USER } from './__testUtils__/serveApi';

const A = '/entities/by-name/component/default/a';
const ref = (name: string) => `component:default/${name}`;
const component = (name: string, owner: string = 'a', more: object = {}) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name, ...more },
  spec: { type: 'service', lifecycle: 'production', owner },
});

const PUSHED = { type: 'push', principals: [USER] };

describeTables('pushed entities over HTTP, on %s', tables => {
  let knex: Knex;
  let api: ServedApi;
  let shutdown: AbortController;
  let catalogs: Map<string, FakeCatalog>;
  let worker: PushWorker;
  let polled: JsonObject[] = [];

  afterEach(async () => {
    shutdown.abort();
    await worker.idle();
    await api.stop();
  });

  /** A backend with these sources, of which the API `records` is polled. */
  async function serve(
    sources: JsonObject = { ci: PUSHED },
    more: Parameters<typeof serveApi>[0] = {},
  ) {
    ({ knex } = tables);
    // One of before in this test would write into the tables of the next.
    shutdown?.abort();
    await worker?.idle();
    shutdown = new AbortController();
    const logger = mockLogger();
    const now = () => new Date();
    const settings = readCustomDataSettings(
      new ConfigReader({ catalog: { customData: { sources } } }),
    );
    expect(settings.misconfiguredSources).toEqual([]);
    const { extensions } = createExtensions();
    extensions.sources.set('polled', {
      name: 'polled',
      list: () => [polled],
      read: async ({ recordId }) => polled.find(({ id }) => id === recordId),
    });
    const prepared = await prepareSources({ settings, extensions, now });
    expect(prepared.misconfigured).toEqual([]);
    const tracker = createRunTracker([]);
    const { syncs } = startSources({ prepared, knex, tracker, logger, now });
    catalogs = new Map(
      [...syncs].map(([name, sync]) => {
        const catalog = new FakeCatalog(knex, providerName(name));
        sync.connect(catalog);
        return [name, catalog];
      }),
    );
    const context = {
      knex,
      syncs,
      misconfigured: new Map(),
      logger,
      now,
      shutdown: shutdown.signal,
    };
    worker = new PushWorker(context);
    api = await serveApi({
      ...context,
      connectionOf: name => catalogs.get(name),
      sources: new Map(prepared.sources.map(s => [s.settings.name, s])),
      pushes: worker,
      ...more,
    });
    return syncs;
  }

  const polledSource = {
    type: 'custom',
    id: 'id',
    entity: component('${{ id }}', '${{ owner }}') as JsonObject,
  };
  const poll = async (
    syncs: Awaited<ReturnType<typeof serve>>,
    ...records: JsonObject[]
  ) => {
    polled = records;
    const signal = shutdown.signal;
    await syncs.get('polled')!.poll({ kind: 'manual', signal });
  };

  const put = (body: unknown, headers: Record<string, string> = {}, path = A) =>
    api.call(`PUT ${path}`, { body, headers, withHeaders: true });
  const get = (path = A) => api.call(`GET ${path}`, { withHeaders: true });
  const remove = (headers: Record<string, string> = {}) =>
    api.call(`DELETE ${A}`, { headers, withHeaders: true });
  const etag = ({ headers }: { headers?: Headers }) => headers!.get('etag')!;
  const ownerIn = (name: string, source = 'ci') =>
    catalogs.get(source)!.entities.get(ref(name))?.spec?.owner;
  const message = ({ body }: { body: any }) => body.error.message as string;
  const conflicts = async () => (await api.call('GET /conflicts')).body.items;
  const inCatalog = (names: string[], source = 'ci') =>
    waitFor(async () =>
      expect([...catalogs.get(source)!.entities.keys()].sort()).toEqual(
        names.map(ref),
      ),
    );

  it('are taken back by the undo of a run, and stay so until they are unpinned', async () => {
    await serve();
    const created = await put(component('a'));
    await inCatalog(['a']);
    await put(component('a', 'b'), { 'If-Match': etag(created) });
    await waitFor(() => expect(ownerIn('a')).toBe('b'));
    const runs = async () =>
      (await api.call('GET /sources/ci/runs')).body.items;
    await waitFor(async () =>
      expect(await runs()).toMatchObject([
        { kind: 'push', outcome: 'applied' },
        { kind: 'push', outcome: 'applied' },
      ]),
    );

    const [{ id }] = await runs();
    const undo = await api.call(`POST /sources/ci/runs/${id}/undo`, {
      body: { dryRun: false },
    });
    const { hash } = undo.body.plan;
    await expect(
      api.call(`POST /sources/ci/plan/${hash}/approve`),
    ).resolves.toMatchObject({ body: { applied: 1, left: [] } });

    expect(ownerIn('a')).toBe('a');
    expect((await get()).body).toEqual(component('a'));
    const pushed = await put(component('a', 'c'), { 'If-Match': '*' });
    expect(pushed.status).toBe(409);
    expect(message(pushed)).toContain('pinned');
    await api.call(`DELETE ${A}/pin`);
    await expect(
      put(component('a', 'c'), { 'If-Match': '*' }),
    ).resolves.toMatchObject({ status: 200 });
    await waitFor(() => expect(ownerIn('a')).toBe('c'));
  });

  describe('an entity of a push source', () => {
    it('is created, shown, changed and removed, and the catalog gets it', async () => {
      await serve();
      const created = await put(component('a'));
      expect(created).toMatchObject({
        status: 201,
        body: { entityRef: ref('a'), source: 'ci' },
      });
      expect(etag(created)).toBe(`"${created.body.revision}"`);
      const shown = await get();
      expect(shown.body).toEqual(component('a'));
      expect(etag(shown)).toBe(etag(created));
      await inCatalog(['a']);

      const changed = await put(component('a', 'b'));
      expect(changed).toMatchObject({
        status: 200,
        body: { before: created.body.revision },
      });
      await waitFor(async () => expect(ownerIn('a')).toBe('b'));
      expect(etag(await get())).toBe(etag(changed));

      expect((await remove()).status).toBe(204);
      expect((await get()).status).toBe(404);
      await inCatalog([]);
      await waitFor(async () =>
        expect(await knex('custom_data_entities')).toEqual([]),
      );
      expect((await remove()).status).toBe(404);
    });

    it('takes back what it shows, and says when nothing is new', async () => {
      await serve();
      await put(component('a', 'a', { annotations: { 'a.com/b': 'c' } }));
      const shown = await get();
      const again = await put(shown.body);
      expect(etag(again)).toBe(etag(shown));
      const { status } = await api.call(`GET ${A}`, {
        // Without it, fetch asks for no answer from any cache.
        headers: { 'if-none-match': etag(shown), 'cache-control': 'max-age=0' },
      });
      expect(status).toBe(304);
    });

    it('has a revision that the order of its keys does not change', async () => {
      await serve();
      const first = await put(component('a'));
      const { apiVersion, kind, metadata, spec } = component('a');
      const turned = await put({ spec, metadata, kind, apiVersion });
      expect(etag(turned)).toBe(etag(first));
    });

    it('comes as YAML, as one of a list, and as the catalog itself shows it', async () => {
      await serve();
      const text = 'kind: Component\napiVersion: backstage.io/v1alpha1\n';
      const yaml = await api.call(`PUT ${A}`, {
        text: `${text}metadata: { name: a }\nspec: { type: a, lifecycle: b, owner: c }`,
        headers: { 'content-type': 'application/yaml' },
      });
      expect(yaml.status).toBe(201);
      const exported = {
        ...component('a', 'b', {
          uid: '4f8e',
          etag: '1a',
          annotations: {
            'a.com/b': 'c',
            'backstage.io/managed-by-location': 'custom-data:ci/x',
            'custom/deployed-version.production': '1',
          },
        }),
        relations: [],
      };
      const backup = await put([component('b'), exported]);
      expect(backup.status).toBe(200);
      expect((await get()).body).toEqual(
        component('a', 'b', { annotations: { 'a.com/b': 'c' } }),
      );
    });

    it('comes in a body of at most twenty megabytes', async () => {
      await serve();
      const body = await api.call(`PUT ${A}`, { text: 'x'.repeat(2e7 + 1) });
      expect(body.status).toBe(413);
      expect(message(body)).toMatch(/more than 20000000 bytes; send fewer/);
    });

    it('may have a megabyte, and others beside it more', async () => {
      await serve();
      const large = (bytes: number) =>
        component('a', 'a', { description: 'x'.repeat(bytes) });
      expect((await put(large(990_000))).status).toBe(201);
      const tooLarge = await put(large(1_100_000));
      expect(tooLarge.status).toBe(400);
      expect(message(tooLarge)).toContain('"maxEntityBytes" of the source');
      const other = component('b', 'b', { description: 'x'.repeat(15e6) });
      expect((await put([other, component('a')])).status).toBe(200);
    });

    it.each([
      [component('b'), /^metadata.name: is "b", and the path names "a"/],
      [component('a', 3 as any), /^spec.owner /],
      [
        component('a', 'a', { annotations: { 'backstage.io/x': 'y' } }),
        /^metadata.annotations\["backstage.io\/x"\] is reserved/,
      ],
      [
        component('a', 'a', { description: { $text: 'http://a.com' } }),
        /^metadata.description holds the placeholder/,
      ],
      [{ ...component('a'), kind: 'API' }, /^kind: is "API", and the path/],
      ['no entity', /^body: is a string, and no entity/],
      [[], /^body: has 0 entities/],
    ])('is refused as %j, and nothing changes', async (body, reason) => {
      await serve();
      await put(component('a'));
      const before = await get();
      const refused = await put(body);
      expect(refused.status).toBe(400);
      expect(message(refused)).toMatch(reason);
      expect(etag(await get())).toBe(etag(before));
    });

    it.each(['If-Match', 'If-None-Match'])(
      'is refused with a %s that is no entity tag',
      async header => {
        await serve();
        const refused = await put(component('a'), { [header]: 'abc' });
        expect(refused.status).toBe(400);
        expect(message(refused)).toContain(`${header}: "abc" is neither`);
      },
    );

    it('is audited with who wrote it, and the revisions before and after', async () => {
      await serve();
      const { revision } = (await put(component('a'))).body;
      await put(component('b'));
      await remove();
      expect(api.audited).toMatchObject([
        {
          eventId: 'entity-push',
          meta: {
            entityRef: ref('a'),
            source: 'ci',
            before: null,
            after: revision,
          },
          outcome: 'success',
        },
        { eventId: 'entity-push', outcome: 'InputError' },
        {
          eventId: 'entity-remove',
          meta: { source: 'ci', before: revision, after: null },
        },
      ]);
    });

    it('is stored before it is answered: another process gives it to the catalog', async () => {
      const syncs = await serve({ ci: PUSHED }, {
        pushes: { request: () => {}, flush: async () => {} },
      } as any);
      await put(component('a'));
      expect(ownerIn('a')).toBeUndefined();
      expect((await get()).body).toEqual(component('a'));
      worker.requestAll();
      await inCatalog(['a']);
      // A later run of the same process, which gives all, has it too.
      catalogs.get('ci')!.entities.clear();
      const { signal } = shutdown;
      await waitFor(async () => {
        // It does nothing while the run of the push has the lease.
        await syncs.get('ci')!.poll({ kind: 'startup', signal });
        expect(ownerIn('a')).toBeDefined();
      });
    });

    it('is in the catalog as it was written last, however fast', async () => {
      await serve();
      for (let i = 0; i < 10; i++) {
        await put(component('a', `owner-${i}`));
      }
      await waitFor(async () => expect(ownerIn('a')).toBe('owner-9'));
      await remove();
      await put(component('a', 'last'));
      await waitFor(async () => {
        expect(ownerIn('a')).toBe('last');
        expect(
          await knex('custom_data_entities').whereNotNull('pushed'),
        ).toEqual([]);
      });
    });

    it('waits while the catalog fails, and is given later', async () => {
      await serve();
      const catalog = catalogs.get('ci')!;
      catalog.failure = new Error('database is down');
      await put(component('a'));
      await expect(worker.flush('ci')).rejects.toThrow('database is down');
      expect((await get()).status).toBe(200);
      catalog.failure = undefined;
      await worker.flush('ci');
      expect(ownerIn('a')).toBe('a');
    });

    it('is not written while it is pinned', async () => {
      await serve();
      await put(component('a'));
      await inCatalog(['a']);
      await worker.flush('ci');
      const pinned = await api.call(`PUT ${A}/pin`, {
        body: { reason: 'hands off' },
      });
      expect(pinned.status).toBe(200);
      const refused = await put(component('a', 'b'));
      expect(refused.status).toBe(409);
      expect(message(refused)).toContain(`is pinned by ${USER}: hands off`);
      expect((await remove()).status).toBe(409);
      await api.call(`DELETE ${A}/pin`);
      expect((await put(component('a', 'b'))).status).toBe(200);
    });

    it('is not written while its source is paused', async () => {
      await serve();
      await api.call('POST /sources/ci/pause');
      const refused = await put(component('a'));
      expect(refused.status).toBe(409);
      expect(message(refused)).toMatch(/Source "ci" is paused; .*resume/);
      await api.call('POST /sources/ci/resume');
      expect((await put(component('a'))).status).toBe(201);
    });
  });

  describe('a write that says what it expects', () => {
    it('goes ahead with the present revision, and only once', async () => {
      await serve();
      const first = await put(component('a'), { 'If-None-Match': '*' });
      expect(first.status).toBe(201);
      const again = await put(component('a', 'b'), { 'If-None-Match': '*' });
      expect(again.status).toBe(412);
      const match = { 'If-Match': etag(first) };
      expect((await put(component('a', 'b'), match)).status).toBe(200);
      const late = await put(component('a', 'c'), match);
      expect(late.status).toBe(412);
      expect(etag(late)).toBe(etag(await get()));
      expect(late.body.error).toMatchObject({
        name: 'PreconditionFailedError',
        revision: JSON.parse(etag(late)),
        message: expect.stringContaining('nothing was written'),
      });
      expect((await remove(match)).status).toBe(412);
      expect((await remove({ 'If-Match': etag(late) })).status).toBe(204);
      const gone = await put(component('a'), { 'If-Match': '*' });
      expect(gone.status).toBe(412);
      expect(gone.body.error.revision).toBeUndefined();
    });

    it('never matches by a weak tag, and matches by one of several and by *', async () => {
      await serve();
      const first = etag(await put(component('a')));
      const statusWith = async (header: string, owner: string) =>
        (await put(component('a', owner), { 'If-Match': header })).status;
      expect(await statusWith(`W/${first}`, 'b')).toBe(412);
      expect(await statusWith(`"x", ${first}`, 'b')).toBe(200);
      expect(await statusWith('*', 'c')).toBe(200);
    });

    it('keeps both versions of each conflict, the latest first', async () => {
      await serve();
      const first = await put(component('a', 'first'));
      const match = { 'If-Match': '"other"' };
      await put(component('a', 'second'), match);
      await put(component('a', 'second'), match);
      await remove({ 'If-Match': '"other"' });
      const expected = {
        entityRef: ref('a'),
        source: 'ci',
        by: USER,
        expected: 'If-Match: "other"',
        current: {
          revision: first.body.revision,
          entity: component('a', 'first'),
        },
      };
      expect(await conflicts()).toEqual([
        { ...expected, id: expect.any(String), at: expect.any(String) },
        {
          ...expected,
          id: expect.any(String),
          at: expect.any(String),
          given: {
            revision: expect.any(String),
            entity: component('a', 'second'),
          },
        },
      ]);
    });

    it('shows conflicts only to those who may see the entity', async () => {
      await serve({ ci: PUSHED }, { isVisible: () => false });
      await put(component('a'));
      await put(component('a', 'b'), { 'If-Match': '"other"' });
      expect(await conflicts()).toEqual([]);
      // But who may write it sees what that is.
      expect((await get()).status).toBe(200);
    });

    it('is looked at only once everything else is in order', async () => {
      await serve({ ci: { ...PUSHED, requireIfMatch: true } });
      expect((await put(component('b'))).status).toBe(400);
      const required = await put(component('a'));
      expect(required.status).toBe(428);
      expect(message(required)).toContain('"If-None-Match: *" for a new');
      expect((await put(component('a'), { 'If-Match': '*' })).status).toBe(412);
      const created = await put(component('a'), { 'If-None-Match': '*' });
      expect(created.status).toBe(201);
      expect((await remove()).status).toBe(428);
      const invalid = await put({}, { 'If-Match': '"other"' });
      expect(invalid.status).toBe(400);
      expect((await remove({ 'If-Match': etag(created) })).status).toBe(204);
    });
  });

  describe('whose an entity is', () => {
    const API = '/entities/by-name/api/payments/a';
    const as = (subject: string, more: object = {}) => ({
      ...PUSHED,
      principals: [{ subject, ...more }],
    });

    it('decides where a new one goes, if there is one place', async () => {
      await serve({
        others: as('external:ci'),
        apis: { ...PUSHED, kinds: ['API'], namespaces: ['payments'] },
        ci: PUSHED,
      });
      expect((await put(component('a'))).body.source).toBe('ci');
      const nowhere = await put({}, {}, API.replace('payments', 'x'));
      expect(nowhere.status).toBe(404);
      expect(message(nowhere)).toMatch(/^Nobody manages "api:x\/a", and there/);
      expect((await put({}, {}, API)).status).toBe(400);
    });

    it('leaves none where two might', async () => {
      await serve({ one: PUSHED, two: PUSHED });
      const refused = await put(component('a'));
      expect(refused.status).toBe(404);
      expect(message(refused)).toMatch(/several push sources: "one", "two"/);
    });

    it('lets only principals write, and only what is theirs', async () => {
      await serve({ ci: as(USER, { kinds: ['API'] }) });
      expect((await put(component('a'))).status).toBe(404);
      await api.stop();
      await serve({ ci: { ...PUSHED, namespaces: ['default', 'b'] } });
      await put(component('a'));
      await api.stop();
      await serve({ ci: as('external:ci') });
      const stranger = await put(component('a', 'b'));
      expect(stranger.status).toBe(403);
      expect(message(stranger)).toContain('none of the principals');
      expect((await remove()).status).toBe(403);
      await api.stop();
      await serve({ ci: as(USER, { kinds: ['API'] }) });
      const other = await put(component('a', 'b'));
      expect(other.status).toBe(403);
      expect(message(other)).toContain('may not write the kind "component"');
    });

    it('refuses what is somebody else\u2019s', async () => {
      await serve();
      await knex('refresh_state').insert({
        entity_ref: ref('a'),
        location_key: 'url:https://git.example.com/a.yaml',
        unprocessed_entity: '{}',
      });
      const refused = await put(component('a'));
      expect(refused.status).toBe(409);
      expect(message(refused)).toContain('location "url:https://git.example');
      expect((await remove()).status).toBe(409);
      expect(await conflicts()).toEqual([]);
    });

    it('refuses what a source has that is no longer configured', async () => {
      await serve();
      await put(component('a'));
      await api.stop();
      await serve({ other: PUSHED });
      const refused = await put(component('a', 'b'));
      expect(refused.status).toBe(409);
      expect(message(refused)).toContain('source "ci", which is unconfigured');
    });

    it('needs a permission of its own', async () => {
      await serve(
        { ci: PUSHED },
        { allowed: ['catalog.ingestion.read', 'customData.plan.decide'] },
      );
      expect((await put(component('a'))).status).toBe(403);
      expect((await remove()).status).toBe(403);
      expect((await api.call('PUT /sources/ci/entities')).status).toBe(403);
      expect(api.audited.map(({ outcome }) => outcome)).toEqual([
        'NotAllowedError',
        'NotAllowedError',
        'NotAllowedError',
      ]);
    });
  });

  describe('an entity of a source that is polled', () => {
    it('is restored at once and pinned, so that the next poll leaves it', async () => {
      const syncs = await serve({ polled: polledSource, ci: PUSHED });
      await poll(syncs, { id: 'a', owner: 'polled' }, { id: 'b', owner: 'p' });
      const before = await get();
      expect(before.body).toEqual(component('a', 'polled'));
      const restored = await put(
        component('a', 'restored'),
        { 'If-Match': etag(before) },
        `${A}?reason=last+week`,
      );
      expect(restored).toMatchObject({
        status: 200,
        body: { source: 'polled', before: JSON.parse(etag(before)) },
      });
      expect(ownerIn('a', 'polled')).toBe('restored');
      await poll(syncs, { id: 'a', owner: 'news' }, { id: 'b', owner: 'p' });
      expect(ownerIn('a', 'polled')).toBe('restored');
      expect(etag(await get())).toBe(etag(restored));
      expect(await knex('custom_data_pins')).toMatchObject([
        { entity_ref: ref('a'), reason: 'last week', created_by: USER },
      ]);
    });

    it('is removed and stays away', async () => {
      const syncs = await serve({ polled: polledSource });
      const records = ['a', 'b'].map(id => ({ id, owner: 'x' }));
      await poll(syncs, ...records);
      expect((await remove()).status).toBe(204);
      await poll(syncs, ...records);
      await inCatalog(['b'], 'polled');
      expect((await get()).status).toBe(404);
    });

    it('has its record fetched when a write expected another revision', async () => {
      const syncs = await serve({ polled: polledSource });
      await poll(syncs, { id: 'a', owner: 'old' });
      polled = [{ id: 'a', owner: 'news' }];
      const late = await put(component('a'), { 'If-Match': '"other"' });
      expect(late.status).toBe(412);
      await waitFor(async () => expect(ownerIn('a', 'polled')).toBe('news'));
      expect(await conflicts()).toMatchObject([
        {
          source: 'polled',
          current: { entity: component('a', 'old') },
          given: { entity: component('a') },
        },
      ]);
    });

    it('needs the permission to pin as well', async () => {
      const syncs = await serve(
        { polled: polledSource },
        { allowed: ['customData.entity.push'] },
      );
      await poll(syncs, { id: 'a', owner: 'old' });
      expect((await put(component('a'))).status).toBe(403);
      expect(ownerIn('a', 'polled')).toBe('old');
    });

    it.each([
      ['reason=', /^reason: /],
      ['until=tomorrow', /^until: is no time with a zone/],
      ['pin=true', /pin/],
    ])('is not restored with the query %s', async (query, reason) => {
      const syncs = await serve({ polled: polledSource });
      await poll(syncs, { id: 'a', owner: 'old' });
      const refused = await put(component('a'), {}, `${A}?${query}`);
      expect(refused.status).toBe(400);
      expect(message(refused)).toMatch(reason);
    });
  });

  describe('the whole set of a push source', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const set = (...given: unknown[]) =>
      api.call('PUT /sources/ci/entities', { body: given });
    const of = (...given: string[]) => set(...given.map(n => component(n)));

    it('is given as it is, and the same again changes nothing', async () => {
      await serve();
      const first = await of(...names);
      expect(first).toMatchObject({
        status: 200,
        body: { outcome: 'applied', counts: { added: 10 } },
      });
      await inCatalog(names);
      const { length } = catalogs.get('ci')!.mutations;
      const again = await of(...names);
      expect(again).toMatchObject({
        status: 200,
        body: { outcome: 'unchanged', counts: { added: 0, changed: 0 } },
      });
      expect(catalogs.get('ci')!.mutations).toHaveLength(length);
      await of(...names.slice(0, 9));
      await inCatalog(names.slice(0, 9));
      expect(api.audited.at(-1)).toMatchObject({
        eventId: 'entities-push',
        meta: { source: 'ci', removed: 1 },
      });
    });

    it.each([[[]], [['a', 'b']]])(
      'holds what %j would remove, until that is approved',
      async kept => {
        const syncs = await serve();
        await of(...names);
        const held = await of(...kept);
        expect(held).toMatchObject({
          status: 202,
          body: {
            counts: { removed: 0, held: 10 - kept.length },
            held: expect.stringContaining('would'),
            plan: { count: 10 - kept.length },
          },
        });
        const { hash } = held.body.plan;
        await inCatalog(names);
        const run = (kind: 'poll' | 'approved') =>
          syncs.get('ci')!.poll({ kind, signal: shutdown.signal });
        // The last set counts until another is pushed.
        await run('poll');
        await inCatalog(names);
        await api.call(`POST /sources/ci/plan/${hash}/approve`);
        await run('approved');
        await inCatalog(kept);
      },
    );

    it('goes with single writes: the later one counts', async () => {
      await serve();
      await of(...names);
      await put(component('a', 'single'));
      await put(component('new'), {}, A.replace(/a$/, 'new'));
      await set(...names.map(n => component(n, 'set')));
      await waitFor(async () => expect(ownerIn('a')).toBe('set'));
      await inCatalog(names);
      await put(component('a', 'single'));
      await waitFor(async () => expect(ownerIn('a')).toBe('single'));
    });

    it.each([
      [
        [component('a'), component('a')],
        /^body\[1\]: is "component:default\/a", as body\[0\]/,
      ],
      [
        [component('a'), { ...component('b'), kind: 'Group' }],
        /^body\[1\]: kind is "Group"/,
      ],
      [[component('a'), 3], /^body\[1\]: is a number, and no entity/],
      [
        Array.from({ length: 30 }, () => ({ kind: 'Component' })),
        /and 10 entities more$/,
      ],
    ])('is refused as %j, and nothing changes', async (given, reason) => {
      await serve();
      await of('a', 'b');
      const refused = await set(...given);
      expect(refused.status).toBe(400);
      expect(message(refused)).toMatch(reason);
      await inCatalog(['a', 'b']);
    });

    it('is refused where any of it is somebody else\u2019s', async () => {
      const syncs = await serve({ polled: polledSource, ci: PUSHED });
      await poll(syncs, { id: 'b', owner: 'x' });
      const refused = await of('a', 'b');
      expect(refused.status).toBe(409);
      expect(message(refused)).toContain('is of source "polled", so nothing');
      await inCatalog([]);
    });

    it('is only for a push source, and for who may write all of it', async () => {
      await serve({
        polled: polledSource,
        ci: { ...PUSHED, principals: [{ subject: USER, kinds: ['API'] }] },
      });
      expect((await of('a')).status).toBe(403);
      const other = await api.call('PUT /sources/polled/entities', {
        body: [],
      });
      expect(other.status).toBe(409);
      expect(message(other)).toContain('it is polled');
      const none = await api.call('PUT /sources/none/entities', { body: [] });
      expect(none.status).toBe(404);
    });
  });
});
