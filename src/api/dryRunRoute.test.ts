import type { JsonObject } from '@backstage/types';
import { waitFor } from '../__testUtils__/waitFor';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { setSourcePaused } from '../ingestion/database/planDecisions';
import { DryRunWorld, service, template } from './__testUtils__/DryRunWorld';
import type { ServedApi } from './__testUtils__/serveApi';

const signal = new AbortController().signal;
const READ = 'catalog.ingestion.read';
const DRY_RUN = 'customData.source.dryRun';
const CANDIDATE = 'customData.source.dryRunCandidate';

describeSqlite('POST /sources/:source/dry-run', tables => {
  let world: DryRunWorld;
  let api: ServedApi;

  beforeEach(async () => {
    world = await DryRunWorld.start(tables.knex);
  });

  afterEach(() => world.stop());

  const serve = async (...options: Parameters<DryRunWorld['serve']>) => {
    api = await world.serve(...options);
  };
  const answerWith = (...records: JsonObject[]) => {
    world.answer = { status: 200, body: records };
  };
  const poll = (...records: JsonObject[]) => world.poll(records);
  const dryRun = (body?: unknown, accept?: string) =>
    api.call('POST /sources/registry/dry-run', {
      body,
      accept,
      withHeaders: true,
    });
  const names = (list: { items: Array<{ entityRef: string }> }) =>
    list.items.map(({ entityRef }) => entityRef.split('/')[1]);

  it('shows what would be added, changed, renamed, removed and held, and does nothing of it', async () => {
    await serve({ removals: { maxRatio: 0.4, minCount: 1, keep: false } });
    await poll(
      service('kept'),
      service('changed', { needs: 'kept' }),
      service('renamed'),
      service('gone'),
    );
    const { length } = world.catalog.mutations;
    answerWith(
      service('kept'),
      service('changed', { owner: 'team-b' }),
      service('renamed', { name: 'other' }),
      service('added'),
    );

    const { status, body } = await dryRun();

    expect(status).toBe(200);
    expect(names(body.removed)).toEqual([]);
    expect(body.plan).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      reason: expect.stringContaining('2 of 4 entities would be removed'),
    });
    expect(names(body.held).sort()).toEqual(['gone', 'renamed']);
    expect(names(body.added)).toEqual(['added']);
    expect(body.changed).toEqual({
      totalItems: 1,
      items: [
        {
          entityRef: 'component:default/changed',
          recordId: 'changed',
          fields: [{ path: 'spec.owner', before: 'team-a', after: 'team-b' }],
        },
      ],
    });
    expect(body.counts).toMatchObject({
      records: 4,
      mapped: 4,
      added: 1,
      changed: 1,
      removed: 0,
      held: 2,
      unchanged: 1,
      entities: 5,
      kinds: { component: 5 },
    });
    expect(world.catalog.mutations).toHaveLength(length);
  });

  it('shows a record whose ref changes as one renamed entity', async () => {
    await serve({ removals: { maxRatio: 0.5, minCount: 1, keep: false } });
    await poll(service('a'), service('b'));
    answerWith(service('a'), service('b', { name: 'c' }));

    const { body } = await dryRun();

    expect(body.renamed.items).toEqual([
      {
        from: 'component:default/b',
        entityRef: 'component:default/c',
        recordId: 'b',
        fields: [{ path: 'metadata.name', before: 'b', after: 'c' }],
      },
    ]);
    expect([body.added.totalItems, body.removed.totalItems]).toEqual([0, 0]);
    expect(body.counts).toMatchObject({ added: 1, removed: 1, renamed: 1 });
  });

  it('shows the problem of a record with its value, and the first records with what each expression read', async () => {
    await serve();
    answerWith(service('a', { tags: 'x' }), service('b', { name: { no: 1 } }));

    const { body } = await dryRun();

    expect(body.problems).toEqual({
      totalItems: 1,
      items: [
        expect.objectContaining({
          code: 'entity-invalid',
          recordId: 'b',
          path: 'metadata.name',
        }),
      ],
    });
    expect(body.records.items[0]).toEqual({
      recordId: 'a',
      record: service('a', { tags: 'x' }),
      entities: [expect.objectContaining({ kind: 'Component' })],
      fields: [
        [
          {
            path: 'metadata.name',
            expression: '${{ name }}',
            reads: [{ path: 'name', value: 'a' }],
            value: 'a',
          },
          expect.objectContaining({ path: 'spec.owner', value: 'team-a' }),
        ],
      ],
    });
  });

  it('shows owners that the catalog does not know, and relations that begin, end and break', async () => {
    world.catalog.unknownOwners.add('group:default/nobody');
    const spec = { dependsOn: '${{ [needs.("component:" & $)] }}' };
    await serve({
      entity: [template(spec)],
      removals: { maxRatio: 0.5, minCount: 1, keep: false },
    });
    await poll(service('a', { needs: ['b'] }), service('b'), service('c'));
    const idOf = async (ref: string) =>
      (await tables.knex('refresh_state').where({ entity_ref: ref }).first())
        .entity_id;
    await world.catalog.give('component:default/other', 'elsewhere');
    await tables.knex('relations').insert({
      originating_entity_id: await idOf('component:default/other'),
      source_entity_ref: 'component:default/other',
      type: 'dependsOn',
      target_entity_ref: 'component:default/c',
    });
    answerWith(service('a', { needs: ['x'], owner: 'nobody' }), service('b'));

    const { body } = await dryRun();

    const of = { entityRef: 'component:default/a' };
    expect(body.relationsBegun.items).toEqual([
      {
        ...of,
        field: 'spec.owner',
        target: 'group:default/nobody',
        isUnknown: true,
      },
      {
        ...of,
        field: 'spec.dependsOn',
        target: 'component:default/x',
        isUnknown: true,
      },
    ]);
    expect(body.relationsEnded.items).toContainEqual({
      ...of,
      field: 'spec.dependsOn',
      target: 'component:default/b',
    });
    expect(body.relationsBroken.items).toEqual([
      {
        entityRef: 'component:default/other',
        type: 'dependsOn',
        target: 'component:default/c',
      },
    ]);
    expect(body.unknownOwners.items).toEqual([
      {
        owner: 'group:default/nobody',
        entities: 1,
        example: 'component:default/a',
      },
    ]);
  });

  it('cuts each list at the limit, with the total beside it', async () => {
    await serve();
    answerWith(...['a', 'b', 'c'].map(id => service(id)));
    const { body } = await dryRun({ limit: 2 });
    expect(names(body.added)).toEqual(['a', 'b']);
    expect(body.added.totalItems).toBe(3);
    expect(body.records).toMatchObject({ totalItems: 3 });
    expect(body.records.items).toHaveLength(2);
    await expect(dryRun({ limit: 501 })).resolves.toMatchObject({
      status: 400,
      body: {
        error: { message: 'limit: 501 is no whole number from 1 to 500' },
      },
    });
  });

  it('gives one line for each item where it is asked for lines', async () => {
    await serve();
    answerWith(service('a'), service('b'));
    const { headers, body } = await dryRun({}, 'application/x-ndjson');
    expect(headers!.get('content-type')).toContain('application/x-ndjson');
    expect(body[0]).toMatchObject({
      counts: { records: 2, added: 2 },
      totals: { added: 2, changed: 0 },
    });
    expect(
      body
        .filter((line: any) => line.list === 'added')
        .map((line: any) => line.item.entityRef),
    ).toEqual(['component:default/a', 'component:default/b']);
  });

  describe('with a candidate', () => {
    it('maps with it, in another process, and never sends the credentials of the source elsewhere', async () => {
      await serve();
      await poll(service('a'), service('b', { owner: 'x' }));
      world.answer = {
        status: 200,
        body: { list: [service('a'), service('b')] },
      };

      const { status, body } = await dryRun({
        records: 'list',
        when: 'id = "a"',
        entity: template({ owner: 'group:${{ owner }}' }),
        removals: { maxRatio: 1 },
      });

      expect(status).toBe(200);
      expect(body.counts).toMatchObject({ records: 2, passed: 1 });
      expect(body.changed.items).toEqual([
        expect.objectContaining({
          fields: [
            { path: 'spec.owner', before: 'team-a', after: 'group:team-a' },
          ],
        }),
      ]);
      expect(names(body.removed)).toEqual(['b']);
      expect(body.records.items[0].fields[0]).toContainEqual(
        expect.objectContaining({ expression: 'group:${{ owner }}' }),
      );
      expect(new Set(world.registry.requests.map(({ url }) => url))).toEqual(
        new Set(['/metadata']),
      );
      // Which counts them, as requests of the source.
      expect(world.send.mock.calls.map(([source]) => source)).toEqual([
        'registry',
      ]);
    });

    it('checks records against its schema, and looks entries up in its tables', async () => {
      await serve();
      answerWith(service('a'), service('b', { owner: 7 }));
      const { body } = await dryRun({
        schema: { properties: { owner: { type: 'string' } } },
        tables: { teams: { 'team-a': 'platform' } },
        entity: template({ owner: '${{ $fromTable("teams", owner) }}' }),
      });
      expect(body.problems.items).toEqual([
        expect.objectContaining({ code: 'record-schema', recordId: 'b' }),
      ]);
      expect(body.added.items[0].entity.spec.owner).toBe('platform');
    });

    it.each([
      ['url', 'https://elsewhere.example.com'],
      ['recordUrl', 'https://elsewhere.example.com/{id}'],
      ['headers', { a: 'b' }],
      ['auth', { type: 'bearer', token: 'x' }],
      ['body', {}],
      ['query', { a: 'b' }],
      ['pagination', { type: 'link' }],
    ])(
      'refuses the key %s, which says where to and how to ask',
      async (key, value) => {
        await serve();
        await expect(dryRun({ [key]: value })).resolves.toMatchObject({
          status: 400,
          body: {
            error: {
              message: expect.stringContaining(
                `${key}: is not for a candidate: requests are sent with the credentials`,
              ),
            },
          },
        });
        expect(world.registry.requests).toEqual([]);
      },
    );

    it('names each expression that cannot be used, and a schema that is a path of the backend', async () => {
      await serve();
      answerWith(service('a'));
      const entity = template({
        owner: '${{ $slugg(owner) }}',
        type: '${{ ( }}',
      });
      const { status, body } = await dryRun({ entity });
      expect(status).toBe(400);
      expect(body.error.message).toContain('entity[0].spec.owner');
      expect(body.error.message).toContain('did you mean $slug?');
      expect(body.error.message).toContain('entity[0].spec.type');
      await expect(dryRun({ schema: '/etc/passwd' })).resolves.toMatchObject({
        status: 400,
        body: {
          error: {
            message: expect.stringContaining('schema: is the path of a file'),
          },
        },
      });
    });

    it('answers 400 to an expression that needs too much memory, and goes on', async () => {
      await serve();
      answerWith(service('a'));
      // Long texts that are made step by step, which no limit of JSONata sees.
      const entity = template({
        type: '${{ ($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $string($length($f("x", 28)))) }}',
      });
      await expect(dryRun({ entity })).resolves.toMatchObject({
        status: 400,
        body: {
          error: { message: expect.stringContaining('256 MB of memory') },
        },
      });
      expect((await dryRun({ entity: template() })).status).toBe(200);
    });

    it('reports an endless loop and a regular expression that backtracks as any other run does', async () => {
      await serve();
      answerWith(service('a', { text: `${'a'.repeat(40)}!` }));
      const loop = template({
        type: '${{ ($f := function($x){ $f($x + 1) }; $f(1)) }}',
      });
      const { body } = await dryRun({ entity: loop });
      expect(body.problems.items).toEqual([
        expect.objectContaining({
          code: 'expression-failed',
          path: 'entity[0].spec.type',
        }),
      ]);
      const regex = template({
        type: '${{ $contains(text, /^(a+)+$/) ? "x" : "y" }}',
      });
      const { body: second } = await dryRun({ entity: regex });
      expect(second.added.items[0].entity.spec.type).toBe('y');
    });

    it('ends with the caller', async () => {
      await serve();
      world.answer = { status: 200 };
      const gone = new AbortController();
      const call = api.call('POST /sources/registry/dry-run', {
        body: { entity: template() },
        signal: gone.signal,
      });
      await waitFor(() => expect(world.registry.requests).toHaveLength(1));
      gone.abort();
      await expect(call).rejects.toThrow('aborted');
      await waitFor(() => expect(api.audited[0].outcome).not.toBe('open'));
    });
  });

  it('takes an answer from the body in place of a request, also while the source backs off', async () => {
    await serve();
    await world.sync.poll({ kind: 'poll', signal }).catch(() => undefined);
    world.answer = {
      status: 503,
      headers: { 'retry-after': '3600' },
      body: {},
    };
    await world.sync.poll({ kind: 'poll', signal }).catch(() => undefined);
    const { length } = world.registry.requests;
    expect((await dryRun()).status).toBe(409);

    const { status, body } = await dryRun({ data: [service('a')] });

    expect(status).toBe(200);
    expect(names(body.added)).toEqual(['a']);
    expect(world.registry.requests).toHaveLength(length);
    await expect(dryRun({ data: { items: [] } })).resolves.toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('set "records"') } },
    });
  });

  it('is refused while the source is paused, as sync is', async () => {
    await serve();
    const paused = { by: 'somebody', at: world.clock.now() };
    await setSourcePaused({ knex: tables.knex, source: 'registry', paused });
    const { status, body } = await dryRun();
    const { body: synced } = await api.call('POST /sources/registry/sync');
    expect([status, body.error.message]).toEqual([409, synced.error.message]);
    expect(world.registry.requests).toEqual([]);
  });

  it('keeps a Retry-After of the API, and no failure', async () => {
    await serve();
    world.answer = { status: 429, headers: { 'retry-after': '600' }, body: {} };
    const { status } = await dryRun();
    expect(status).toBe(503);
    const row = await tables.knex('custom_data_sources').first();
    expect(row).toMatchObject({
      failures: 0,
      retry_at: new Date(world.clock.now().getTime() + 600_000).toISOString(),
    });
    expect(await tables.knex('custom_data_runs')).toEqual([]);
  });

  it('asks to come again where two are under way already', async () => {
    await serve();
    world.answer = { status: 200 };
    const gone = new AbortController();
    const others = [1, 2].map(() =>
      api.call('POST /sources/registry/dry-run', { signal: gone.signal }),
    );
    const ends = Promise.allSettled(others);
    await waitFor(() => expect(world.registry.requests).toHaveLength(2));

    const { status, headers } = await dryRun();

    expect([status, headers!.get('retry-after')]).toEqual([503, '5']);
    gone.abort();
    await ends;
    answerWith(service('a'));
    await waitFor(async () => expect((await dryRun()).status).toBe(200));
  });

  describe('permissions', () => {
    it.each([
      [[DRY_RUN], {}, READ],
      [[READ], {}, DRY_RUN],
      [[READ, DRY_RUN], { id: 'name' }, CANDIDATE],
      [[READ, DRY_RUN], { schema: {} }, CANDIDATE],
      [[READ, CANDIDATE], { id: 'name' }, DRY_RUN],
    ])('with %j, %j needs %s as well', async (allowed, body, missing) => {
      await serve({}, { allowed });
      answerWith(service('a'));
      await expect(dryRun(body)).resolves.toMatchObject({
        status: 403,
        body: {
          error: { message: `The permission "${missing}" is needed` },
        },
      });
      expect(world.registry.requests).toEqual([]);
    });

    it('needs no permission for candidates where only data or removals come with the request', async () => {
      await serve({}, { allowed: [READ, DRY_RUN] });
      const body = { data: [service('a')], removals: { maxRatio: 1 } };
      expect((await dryRun(body)).status).toBe(200);
    });

    it('takes no expression from the query', async () => {
      await serve({}, { allowed: [READ, DRY_RUN] });
      answerWith(service('a'));
      const { body } = await api.call(
        'POST /sources/registry/dry-run?id=owner',
      );
      expect(body.records.items[0].recordId).toBe('a');
    });

    it('shows no entity, record or problem to those who may not read the entity', async () => {
      const hidden = 'component:default/hidden';
      await serve(
        { removals: { maxRatio: 1, minCount: 1, keep: false } },
        { isVisible: ref => ref !== hidden },
      );
      await poll(service('hidden'), service('b'));
      answerWith(
        service('hidden', { owner: 'secret' }),
        service('b', { owner: 'x' }),
      );
      const changed = await dryRun();
      expect(JSON.stringify(changed.body)).not.toContain('secret');
      expect(names(changed.body.changed)).toEqual(['b']);
      expect(changed.body.changed.totalItems).toBe(2);
      answerWith(service('hidden', { name: 'se cret' }), service('b'));
      const invalid = await dryRun();
      expect(invalid.body.problems).toEqual({ totalItems: 1, items: [] });
    });

    it('is audited with the keys of the candidate, and none of its values', async () => {
      await serve();
      answerWith(service('a'));
      await dryRun({ when: 'owner = "secret"' });
      expect(api.audited).toEqual([
        {
          eventId: 'source-dry-run',
          severityLevel: 'medium',
          meta: { source: 'registry', candidate: ['when'], data: false },
          outcome: 'success',
        },
      ]);
    });
  });
});
