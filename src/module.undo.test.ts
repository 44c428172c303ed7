import { auditorServiceFactory } from '@backstage/backend-defaults/auditor';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import assert from 'node:assert';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { type Registry, startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const RENAMED = ['e', 'f', 'g', 'h'];
const PATIENCE_MS = 50_000;
/** The catalog and a sync are audited as well. */
const OURS = [
  'plan-decide',
  'run-undo',
  'snapshot-restore',
  'entity-pin',
  'entity-unpin',
];
const OF_SOURCE = '/sources/registry';

const GOOD_NAME = '${{ serviceId }}';
/** Gives half of the services another name. */
const BAD_NAME = '${{ team = "team-b" ? "service-" & serviceId : serviceId }}';

const entityOf = (name: string) => ({
  kind: 'Component',
  metadata: { name },
  spec: { type: 'service', lifecycle: 'production', owner: '${{ team }}' },
});

describe('a day in the life', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  beforeEach(async () => {
    registry = await startRegistry();
    IDS.forEach(id =>
      registry.put(id, RENAMED.includes(id) ? 'team-b' : 'team-a'),
    );
  });

  afterEach(async () => {
    await catalog.stop();
    await registry.stop();
  });

  it.each(databases.eachSupportedId())(
    'with a bad mapping that was approved by mistake loses nothing, on %s',
    async databaseId => {
      const knex = await databases.init(databaseId);
      const audited: any[] = [];
      const start = async (name: string = GOOD_NAME) => {
        catalog = await startCatalog({
          knex,
          customData: {
            sources: {
              registry: {
                url: registry.url,
                id: 'serviceId',
                entity: entityOf(name),
                ...SOON,
              },
            },
          },
          features: [auditorServiceFactory],
        });
      };
      const auditEvents = () => {
        const { info, debug, child } = catalog.logger;
        return [info, debug, child]
          .flatMap(({ mock }) => mock.calls.flat() as any[])
          .filter(
            ({ eventId, status } = {}) => eventId && status === 'succeeded',
          );
      };
      const stop = async () => {
        audited.push(...auditEvents());
        await catalog.stop();
      };
      const get = async (path: string) => {
        const { status, body } = await catalog.api(`GET ${path}`);
        assert.strictEqual(status, 200, JSON.stringify(body));
        return body;
      };
      const done = async (call: string, body?: unknown) => {
        const answer = await catalog.api(call, { body });
        assert(answer.status < 300, JSON.stringify(answer.body));
        return answer.body;
      };
      const names = (expected: string[]) =>
        waitFor(async () => {
          expect(await catalog.entities()).toEqual(expected.sort());
        }, PATIENCE_MS);
      const present = (id: string) =>
        RENAMED.includes(id) ? `service-${id}` : id;
      const appliedRuns = async (kind?: string) =>
        (await get(`${OF_SOURCE}/runs?limit=500`)).items.filter(
          (run: any) =>
            run.outcome === 'applied' && [run.kind, undefined].includes(kind),
        );

      // Ingested.
      await start();
      await names([...IDS]);
      const before = await readStored(knex);
      await stop();

      // A bad mapping: its renames are held.
      await start(BAD_NAME);
      const { plan } = await waitFor(async () => {
        const held = await get(`${OF_SOURCE}/plan`);
        assert(held.plan?.state === 'pending', JSON.stringify(held));
        return held;
      }, PATIENCE_MS);
      expect(plan).toMatchObject({ kind: 'held', count: RENAMED.length });
      await names([...IDS]);

      // Approved by mistake.
      await done(`POST ${OF_SOURCE}/plan/${plan.hash}/approve`);
      await names(IDS.map(present));
      const [mistake] = await appliedRuns();
      expect(mistake.counts).toMatchObject({ added: 4, removed: 4 });

      // Undone: shown, stored, approved.
      const undo = `POST ${OF_SOURCE}/runs/${mistake.id}/undo`;
      const shown = await done(undo);
      expect(shown).toMatchObject({
        plan: { count: 8 },
        left: { totalItems: 0 },
      });
      const stored = await done(undo, { dryRun: false });
      expect(stored.plan.hash).toBe(shown.plan.hash);
      const approve = `POST ${OF_SOURCE}/plan/${stored.plan.hash}/approve`;
      expect(await done(approve)).toMatchObject({ applied: 8, left: [] });
      await names([...IDS]);
      expect(await readStored(knex)).toEqual(before);

      // The mapping is as bad as it was, and changes nothing any more.
      const { items: pins } = await get('/pins');
      expect(pins.map((pin: any) => [pin.entityRef, pin.drift.type])).toEqual([
        ...RENAMED.map(id => [`component:default/${id}`, 'removed']),
        ...RENAMED.map(id => [`component:default/service-${id}`, 'added']),
      ]);
      await names([...IDS]);

      // Somebody spoils a record, whose entity is restored as it was before the approval.
      registry.put('a', 'nobody');
      const hasOwner = (owner: string) =>
        waitFor(async () => {
          expect((await catalog.entity('a'))?.spec?.owner).toBe(owner);
        }, PATIENCE_MS);
      await hasOwner('nobody');
      const { items: snapshots } = await get('/snapshots');
      const { id: snapshot } = snapshots.find((each: any) =>
        JSON.stringify(each).includes(plan.hash),
      );
      const restore = `POST /snapshots/${snapshot}/restore`;
      const entityRefs = ['component:default/a'];
      const restored = await done(restore, { entityRefs, dryRun: false });
      const [{ plan: restoring }] = restored.plans;
      expect(restoring.count).toBe(1);
      const approveRestore = `POST ${OF_SOURCE}/plan/${restoring.hash}/approve`;
      expect(await done(approveRestore)).toMatchObject({ applied: 1 });
      await hasOwner('team-a');
      expect(await readStored(knex)).toEqual(before);
      const pinned = (await get('/pins')).items;
      expect(pinned).toHaveLength(pins.length + 1);
      registry.put('a', 'team-a');
      await stop();

      // The mapping is corrected, all is unpinned, and source and catalog converge.
      await start();
      await waitFor(async () => {
        const { items } = await get('/pins');
        assert(items.every((pin: any) => pin.drift.type === 'none'));
      });
      for (const { entityRef } of pinned) {
        const path = entityRef.replace(':', '/');
        await done(`DELETE /entities/by-name/${path}/pin`);
      }
      registry.put('i');
      await names([...IDS, 'i']);
      const after = new Map(await readStored(knex));
      expect(before.map(([ref]) => [ref, after.get(ref)])).toEqual(before);
      expect(await get('/pins')).toMatchObject({ totalItems: 0 });
      expect(await get(`${OF_SOURCE}/plan`)).toMatchObject({
        plan: { state: 'applied' },
      });

      // Who did what.
      audited.push(...auditEvents());
      expect(
        audited
          .map(({ eventId, meta }) => [eventId, meta.run ?? meta.hash])
          .filter(([eventId]) => OURS.includes(eventId)),
      ).toEqual([
        ['plan-decide', plan.hash],
        ['run-undo', mistake.id],
        ['run-undo', mistake.id],
        ['plan-decide', (await appliedRuns('undo'))[0].id],
        ['snapshot-restore', undefined],
        ['plan-decide', (await appliedRuns('restore'))[0].id],
        ...pinned.map(() => ['entity-unpin', undefined]),
      ]);
    },
  );
});

/** What the module has of each entity, in canonical form. */
async function readStored(knex: Knex): Promise<Array<[string, string]>> {
  const rows = await knex('custom_data_contributions')
    .orderBy('entity_ref')
    .select('entity_ref', 'entity');
  return rows.map((row: any) => [row.entity_ref, row.entity]);
}
