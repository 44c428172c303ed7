import type { JsonObject } from '@backstage/types';
import fc from 'fast-check';
import { describeSource } from '../ingestion/__testUtils__/describeSource';
import { mapper, service, services } from '../ingestion/__testUtils__/fakes';
import type { RecordParts } from '../ingestion/mapRecord';
import type { SourceSync } from '../ingestion/SourceSync';
import { canonicalJson } from '../lib/canonicalJson';
import type { RecordMapper } from '../mapping/RecordMapper';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const MINUTE = 60_000;

/** Gives each entity more in its `spec`. */
function withSpec(spec: JsonObject): Partial<RecordParts> {
  const map: RecordMapper['map'] = async (...record) => {
    const mapped = await mapper.map(...record);
    return mapped.type === 'mapped'
      ? {
          ...mapped,
          entities: mapped.entities.map(entity => ({
            ...entity,
            spec: { ...(entity.spec as JsonObject), ...spec },
          })),
        }
      : mapped;
  };
  return { mapper: { ...mapper, map } };
}

const A = 'component:default/a';
const B = 'component:default/b';

describeSource('POST /snapshots/:id/restore', world => {
  let sync: SourceSync;
  let api: ServedApi;

  async function serve(allowed?: string[]): Promise<void> {
    sync = world.start({
      removals: { maxRatio: 0.2, minCount: 2, keep: false },
      changes: { maxRatio: 1, ignore: [] },
    });
    await serveSync(allowed);
  }

  async function serveSync(allowed?: string[]): Promise<void> {
    api = await serveApi({
      knex: world.knex,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map(),
      connectionOf: () => world.catalog,
      now: world.clock.now,
      allowed,
    });
  }

  beforeEach(async () => {
    await serve();
    // Owners are known by rows without an entity.
    world.catalog.unknownOwners.add('group:default/team');
  });

  afterEach(async () => {
    await api.stop();
  });

  const take = async (body: object = { source: 'registry' }) =>
    (await api.call('POST /snapshots', { body })).body.id;
  const restore = (id: string, body: object = {}) =>
    api.call(`POST /snapshots/${id}/restore`, { body });
  const approve = async (hash: string) => {
    world.clock.advance(MINUTE);
    return api.call(`POST /sources/registry/plan/${hash}/approve`);
  };
  async function restoreNow(id: string, body: object = {}) {
    const answer = await restore(id, { dryRun: false, ...body });
    expect(answer.status).toBe(201);
    for (const { plan } of answer.body.plans) {
      const { body: done } = await approve(plan.hash);
      expect(done).toMatchObject({ state: 'applied', left: [] });
    }
    return answer.body;
  }
  const shown = () =>
    [...world.catalog.entities.values()].map(canonicalJson).sort();
  const faultOf = ({ status, body }: { status: number; body: any }) =>
    `${status}: ${body.error.message}`;

  it('shows the plan first, then makes it, and an approval carries it out', async () => {
    await world.poll(sync, [service('a'), service('b'), service('c')]);
    const id = await take();
    const before = shown();
    await world.poll(sync, [service('a', 'other'), service('c'), service('d')]);

    const { status, body: dry } = await restore(id);
    expect(status).toBe(200);
    expect(dry).toMatchObject({
      dryRun: true,
      plans: [
        {
          source: 'registry',
          plan: { kind: 'restore', count: 3 },
          changes: {
            totalItems: 3,
            items: [
              {
                entityRef: A,
                action: 'change',
                fields: [
                  { path: 'spec.owner', before: 'other', after: 'team' },
                ],
              },
              { entityRef: B, action: 'add' },
              { entityRef: 'component:default/d', action: 'remove' },
            ],
          },
        },
      ],
      left: { totalItems: 0 },
    });
    await expect(
      api.call('GET /sources/registry/plans'),
    ).resolves.toMatchObject({ body: { totalItems: 0 } });

    const made = await restoreNow(id);
    expect(made.plans[0].plan).toMatchObject({
      hash: dry.plans[0].plan.hash,
      origin: id,
      reason: expect.stringContaining(`restored from snapshot "${id}"`),
    });
    expect(shown()).toEqual(before);
    await world.poll(sync);
    expect(shown()).toEqual(before);
    await expect(
      world.knex('custom_data_pins').orderBy('entity_ref').pluck('entity_ref'),
    ).resolves.toEqual([A, B, 'component:default/d']);
    await expect(restore(id)).resolves.toMatchObject({ body: { plans: [] } });
  });

  it('keeps the entities of the source once more, before an approved plan changes them', async () => {
    await world.poll(sync, [service('a'), service('b')]);
    const id = await take();
    await world.poll(sync, [service('a', 'other'), service('b')]);
    const { plans } = await restoreNow(id);
    const [latest] = (await api.call('GET /snapshots')).body.items;
    expect(latest).toMatchObject({
      source: 'registry',
      reason: `before plan "${plans[0].plan.hash}"`,
      count: 2,
    });
    await restoreNow(latest.id);
    expect(world.ownerOf('a')).toBe('other');
  });

  it('restores one entity, a selection, or all but what came since', async () => {
    await world.poll(sync, [service('a'), service('b'), service('c')]);
    const id = await take();
    await world.poll(sync, [
      service('a', 'x'),
      service('b', 'x'),
      service('c'),
      service('d'),
    ]);
    await restoreNow(id, { entityRefs: ['Component:a'] });
    expect([world.ownerOf('a'), world.ownerOf('b')]).toEqual(['team', 'x']);
    await restoreNow(id, { keepNew: true });
    expect(world.ownerOf('b')).toBe('team');
    expect(world.catalog.names()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves alone and names what has another owner, and refuses to restore that alone', async () => {
    await world.poll(sync, [service('a'), service('b'), service('c')]);
    await world.catalog.give('group:default/org', 'url:https://git/org.yaml');
    const id = await take({});
    await world.poll(sync, [service('a', 'x'), service('c')]);
    await world.catalog.give(B, 'url:https://git/b.yaml');
    const { body } = await restore(id);
    expect(body.plans[0].plan.count).toBe(1);
    expect(body.left).toEqual({
      totalItems: 2,
      items: [
        {
          entityRef: 'group:default/org',
          reason: 'location "url:https://git/org.yaml" gives it',
        },
        {
          entityRef: B,
          reason: 'location "url:https://git/b.yaml" has it by now',
        },
      ],
    });
    expect(
      faultOf(await restore(id, { entityRefs: [A, 'group:org', 'api:x'] })),
    ).toBe(
      `400: entityRefs[1]: "group:default/org" cannot be restored: location "url:https://git/org.yaml" gives it; ` +
        `entityRefs[2]: "api:default/x" cannot be restored: it is not in snapshot "${id}"`,
    );
  });

  it('refuses to remove more than the guard allows, and says what to do', async () => {
    await world.poll(sync, [service('a')]);
    const id = await take();
    await world.poll(sync, [service('a', 'x'), ...services(4)]);
    const answer = await restore(id, { dryRun: false });
    expect(faultOf(answer)).toContain(
      '400: keepNew: of source "registry" what came since would be removed: 4 of 5 entities would be removed, at most 2 may be',
    );
    expect(faultOf(answer)).toContain('"keepNew": true');
    await expect(world.knex('custom_data_plans')).resolves.toEqual([]);
    await restoreNow(id, { keepNew: true });
    expect(world.ownerOf('a')).toBe('team');
  });

  it('takes what the catalog itself adds for no change, and removes nothing that a file lacks', async () => {
    const dependsOn = ['component:c', 'component:b'];
    sync = world.start({}, withSpec({ dependsOn }));
    await api.stop();
    await serveSync();
    await world.poll(sync, [service('a'), service('b')]);
    const [entity] = [...world.catalog.entities.values()];
    const shownByCatalog = {
      ...entity,
      metadata: { ...entity.metadata, namespace: 'default', uid: 'u' },
      spec: { ...entity.spec, dependsOn: ['component:b', 'component:c'] },
      relations: [],
    };
    const { body } = await api.call('POST /snapshots/import', {
      body: [shownByCatalog],
    });
    await expect(restore(body.id)).resolves.toMatchObject({
      body: { plans: [] },
    });
    await world.poll(sync, [service('a', 'x'), service('b')]);
    await restoreNow(body.id);
    expect(world.ownerOf('a')).toBe('team');
    expect(world.catalog.names()).toEqual(['a', 'b']);
  });

  it('names what its source may not give any more, by field', async () => {
    await world.poll(sync, [service('a'), service('b')]);
    const id = await take();
    await world.poll(sync, [service('a', 'x'), service('b')]);
    await api.stop();
    sync.settings.kinds = ['API'];
    await serve();
    sync.settings.kinds = ['API'];
    expect(faultOf(await restore(id, { dryRun: false }))).toContain(
      `400: kind of "${A}", source "registry": is "Component", and the source may give only "API"`,
    );
    await expect(world.knex('custom_data_plans')).resolves.toEqual([]);
  });

  it('makes nothing of a damaged snapshot, of a time that has passed, or of one that is not there', async () => {
    await world.poll(sync, [service('a'), service('b')]);
    const id = await take();
    await world.poll(sync, [service('a', 'x'), service('b')]);
    expect(
      faultOf(await restore(id, { until: '2020-01-01T00:00:00Z', all: 1 })),
    ).toContain('Unrecognized key: "all"');
    expect(
      faultOf(await restore(id, { until: '2020-01-01T00:00:00Z' })),
    ).toContain('400: until: ');
    expect(faultOf(await restore('gone'))).toContain(
      '404: There is no snapshot',
    );
    await world.knex('custom_data_snapshot_parts').delete();
    expect((await restore(id, { dryRun: false })).status).toBe(500);
    await expect(world.knex('custom_data_plans')).resolves.toEqual([]);
  });

  it('needs its permission', async () => {
    await world.poll(sync, [service('a')]);
    const id = await take();
    await api.stop();
    await serve(['catalog.ingestion.read', 'customData.snapshot.take']);
    expect((await restore(id)).status).toBe(403);
  });

  it('gives the same as when the snapshot was taken, whatever changed since', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const lists = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...names),
        owner: fc.constantFrom('x', 'y', 'z'),
      }),
      { selector: record => record.id, minLength: 1 },
    );
    const isAllowed = (first: JsonObject[], then: JsonObject[]) =>
      then.some(({ id }) => first.some(other => other.id === id));
    await fc.assert(
      fc.asyncProperty(lists, lists, async (first, then) => {
        fc.pre(isAllowed(first, then));
        for (const table of [
          'custom_data_pins',
          'custom_data_plans',
          'custom_data_plan_refs',
        ]) {
          await world.knex(table).delete();
        }
        const poll = async (list: JsonObject[]) => {
          await world.poll(sync, list);
          await world.decide('approved');
          await world.poll(sync, list);
        };
        await poll(first);
        const before = shown();
        const id = await take();
        await poll(then);
        const { status } = await restore(id);
        const keepNew = status === 400;
        await restoreNow(id, { keepNew });
        const kept = keepNew
          ? shown().filter(text => before.includes(text))
          : shown();
        expect(kept).toEqual(before);
        await world.poll(sync, then);
        expect(
          keepNew ? shown().filter(text => before.includes(text)) : shown(),
        ).toEqual(before);
      }),
      { numRuns: 10 },
    );
  });
});
