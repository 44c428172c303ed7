import type { JsonObject } from '@backstage/types';
import { describeTables } from '../database/__testUtils__/describeTables';
import { connectSync } from '../ingestion/__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
  services,
} from '../ingestion/__testUtils__/fakes';
import { serveApi, type ServedApi, USER } from './__testUtils__/serveApi';

const NDJSON = 'application/x-ndjson';
const signal = new AbortController().signal;

describeTables('the routes of snapshots on %s', tables => {
  let api: ServedApi;
  let catalog: FakeCatalog;

  async function serve(allowed?: string[]): Promise<void> {
    const { knex } = tables;
    const clock = new FakeClock();
    const source = new FakeSource();
    catalog = new FakeCatalog(knex);
    // Owners are known by rows without an entity.
    catalog.unknownOwners.add('group:default/team');
    const sync = connectSync({ knex, catalog, clock, source });
    source.answer = services(3);
    await sync.poll({ kind: 'poll', signal });
    api = await serveApi({
      knex,
      allowed,
      now: clock.now,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map(),
    });
  }

  afterEach(async () => {
    await api.stop();
  });

  const take = async (body: object = {}) =>
    (await api.call('POST /snapshots', { body })).body;
  const read = async (id: string, accept = 'application/json') =>
    (await api.call(`GET /snapshots/${id}`, { accept })).body;
  const asLines = (values: unknown[]) =>
    values.map(value => `${JSON.stringify(value)}\n`).join('');
  const load = (file: unknown, query = '') =>
    api.call(`POST /snapshots/import${query}`, { body: file });
  const loadLines = (text: string) =>
    api.call('POST /snapshots/import', {
      text,
      headers: { 'content-type': NDJSON },
    });
  const faultOf = (answer: { status: number; body: any }) => {
    expect(answer.status).toBe(400);
    return answer.body.error.message;
  };
  const count = async () =>
    (await tables.knex('custom_data_snapshots')).length +
    (await tables.knex('custom_data_snapshot_parts')).length;

  it('takes snapshots, and lists them, newest first', async () => {
    await serve();
    const { status, body: all } = await api.call('POST /snapshots', {
      body: { reason: 'before the move' },
    });
    expect(status).toBe(201);
    expect(all).toMatchObject({ reason: 'before the move', by: USER });
    const ofSource = await take({ source: 'registry' });
    await take({ namespace: 'other' });

    const list = await api.call('GET /snapshots');
    expect(list.body.totalItems).toBe(3);
    expect(list.body.items).toContainEqual(all);
    await expect(
      api.call('GET /snapshots?source=registry'),
    ).resolves.toMatchObject({ body: { items: [ofSource], totalItems: 1 } });
    expect(api.audited[1]).toMatchObject({
      eventId: 'snapshot-take',
      meta: { source: 'registry' },
      outcome: 'success',
    });
  });

  it('names what is wrong with a request for one', async () => {
    await serve();
    await expect(take({ source: 'unknown' })).resolves.toMatchObject({
      error: { name: 'NotFoundError' },
    });
    expect(
      faultOf(
        await api.call('POST /snapshots', {
          body: { namespace: 'No Namespace', all: true },
        }),
      ),
    ).toMatch(/namespace: .*Unrecognized key: "all"/s);
    const unknown = await api.call('GET /snapshots/unknown');
    expect(unknown.status).toBe(404);
    expect(unknown.body.error.message).toContain('no snapshot "unknown"');
    await expect(count()).resolves.toBe(0);
  });

  it('gives the entities as JSON and as lines', async () => {
    await serve();
    const taken = await take({ source: 'registry' });

    const file = await read(taken.id);
    expect(file.snapshot).toEqual({ version: 1, ...taken });
    expect(file.items).toEqual(
      ['s0', 's1', 's2'].map(name => ({
        entityRef: `component:default/${name}`,
        entity: catalog.entities.get(`component:default/${name}`),
        source: 'registry',
        recordId: name,
      })),
    );
    const lines = await read(taken.id, NDJSON);
    expect(lines).toEqual([{ snapshot: file.snapshot }, ...file.items]);
    expect(api.audited.at(-1)).toMatchObject({
      eventId: 'snapshot-read',
      severityLevel: 'low',
      meta: { snapshot: taken.id },
    });
  });

  it('makes a snapshot of what it gave, as JSON and as lines', async () => {
    await serve();
    const taken = await take();
    const file = await read(taken.id);

    const { status, body: imported } = await load(file, '?reason=moved');
    expect(status).toBe(201);
    expect(imported).toMatchObject({
      origin: 'imported',
      reason: 'moved',
      by: USER,
      count: 3,
    });
    const given = (await read(imported.id)).items;
    expect(given[0]).toEqual({
      entityRef: 'component:default/s0',
      source: 'registry',
      recordId: 's0',
      entity: {
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Component',
        metadata: { name: 's0' },
        spec: { type: 'service', lifecycle: 'production', owner: 'team' },
      },
    });
    const ofLines = await loadLines(asLines(await read(taken.id, NDJSON)));
    expect(ofLines.body.digest).toBe(imported.digest);
  });

  /** As the catalog's own `GET /entities` gives an entity. */
  const shown = (name: string, more: JsonObject = {}) => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name,
      namespace: 'default',
      uid: 'f2b1',
      etag: 'a1',
      labels: { 'backstage.io/orphan': 'true' },
      annotations: {
        'backstage.io/managed-by-location': `custom-data:registry/${name}`,
        'backstage.io/managed-by-origin-location': `custom-data:registry/${name}`,
        'custom/deployed-version.production': 'v1',
        'example.com/cost-center': '42',
      },
      ...more,
    },
    spec: { type: 'service', lifecycle: 'production', owner: 'team' },
    relations: [{ type: 'ownedBy', targetRef: 'group:default/team' }],
    status: { items: [] },
  });

  it("takes the answer of the catalog's own routes, without what the catalog sets, and keeps those of other owners", async () => {
    await serve();
    const group = {
      kind: 'Group',
      metadata: { name: 'team', uid: 'b', annotations: {} },
      spec: { type: 'team', children: [] },
    };
    const { body: ofList } = await load([shown('a'), group]);
    const { items } = await read(ofList.id);
    expect(items).toEqual([
      {
        entityRef: 'component:default/a',
        source: 'registry',
        recordId: 'a',
        entity: {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Component',
          metadata: {
            name: 'a',
            namespace: 'default',
            annotations: { 'example.com/cost-center': '42' },
          },
          spec: { type: 'service', lifecycle: 'production', owner: 'team' },
        },
      },
      { entityRef: 'group:default/team', entity: group },
    ]);
    const ofQuery = await load({
      items: [shown('a'), group],
      totalItems: 2,
      pageInfo: {},
    });
    expect(ofQuery.body.digest).toBe(ofList.digest);
  });

  it.each<[string, (file: any) => unknown, RegExp]>([
    [
      'is truncated',
      file => ({ ...file, items: file.items.slice(1) }),
      /snapshot.count: is 3, and the file has 2; it is truncated/,
    ],
    [
      'was changed',
      ({ items: [first, ...others], ...file }) => ({
        ...file,
        items: [{ ...first, recordId: 'x' }, ...others],
      }),
      /snapshot.digest: is not that of the entities/,
    ],
    [
      'is of another version',
      file => ({ ...file, snapshot: { ...file.snapshot, version: 2 } }),
      /snapshot.version: is 2, and this release reads version 1/,
    ],
    ['has lost its header', ({ items }) => ({ items }), /snapshot: is missing/],
    ['has no list', () => ({ entities: [] }), /items: there is no list/],
    ['has no entity', () => [], /items: has no entity/],
    [
      'has what its source may not give, each by its field',
      () => [
        { ...shown('a'), kind: 'User' },
        shown('b', { namespace: 'secret' }),
        shown('c', { links: [{ url: 'no url' }] }),
        shown('d', { labels: { 'no label': 'x' } }),
      ],
      /items\[0\]\.entity\.kind of "user:default\/a", source "registry": .*items\[1\]\.entity\.metadata\.namespace.*items\[2\]\.entity\.metadata\.links.*items\[3\]\.entity\.metadata\.labels/s,
    ],
    [
      'has what is no entity',
      () => [7, { kind: 'Component' }, { entityRef: 'x', entity: [] }],
      /items\[0\]: is 7, and no entity; items\[1\]: is no entity.*items\[2\]\.entity: is no object/s,
    ],
    [
      'has an entity twice',
      () => [shown('a'), shown('a')],
      /items\[1\]: "component:default\/a" is there twice/,
    ],
    [
      'names another entity than it has',
      file => ({
        ...file,
        items: file.items.map((item: object, i: number) =>
          i ? item : { ...item, entityRef: 'component:default/other' },
        ),
      }),
      /items\[0\].entityRef: is "component:default\/other", and the entity is "component:default\/s0"/,
    ],
  ])(
    'refuses a file that %s, and keeps nothing of it',
    async (_, change, fault) => {
      await serve();
      const file = await read((await take({ source: 'registry' })).id);
      const before = await count();
      expect(faultOf(await load(change(file)))).toMatch(fault);
      await expect(count()).resolves.toBe(before);
    },
  );

  it('refuses a file that ends in the middle, and one of another form than it says', async () => {
    await serve();
    const { id } = await take({ source: 'registry' });
    const document = JSON.stringify(await read(id));
    const lines = asLines(await read(id, NDJSON));
    const before = await count();
    const text = document.slice(0, -100);
    expect(
      faultOf(await api.call('POST /snapshots/import', { text })),
    ).toContain(
      'file, after 2 items: is no valid JSON; the file may be truncated',
    );
    expect(faultOf(await loadLines(lines.slice(0, -100)))).toContain(
      'line 4: ',
    );
    expect(
      faultOf(await api.call('POST /snapshots/import', { text: lines })),
    ).toContain('needs the content type "application/x-ndjson"');
    expect(faultOf(await loadLines(''))).toContain('file: is empty');
    const deep = `[${'['.repeat(100)}${']'.repeat(101)}`;
    expect(
      faultOf(await api.call('POST /snapshots/import', { text: deep })),
    ).toContain('items[0]: nests deeper than 100 levels');
    await expect(count()).resolves.toBe(before);
  });

  it('shows a snapshot to nobody before its end', async () => {
    await serve();
    await tables.knex('custom_data_snapshots').insert({
      id: 'open',
      origin: 'imported',
      reason: '',
      by: '',
      created_at: '2026-01-01T00:00:00.000Z',
      entity_count: 0,
    });
    expect((await api.call('GET /snapshots')).body.totalItems).toBe(0);
    expect((await api.call('GET /snapshots/open')).status).toBe(404);
  });

  it('needs a permission for each', async () => {
    await serve(['catalog.ingestion.read']);
    const answers = await Promise.all([
      api.call('GET /snapshots'),
      api.call('POST /snapshots', { body: {} }),
      api.call('GET /snapshots/x'),
      load([service('a')]),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403, 403]);
    await expect(count()).resolves.toBe(0);
  });
});
