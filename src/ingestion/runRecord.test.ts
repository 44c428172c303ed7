import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { createTables } from '../database/__testUtils__/createTables';
import { SourceSync } from './SourceSync';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
} from './__testUtils__/fakes';
import { decidePlan, readCurrentPlan } from './database/planDecisions';

const MINUTE = 60_000;
const signal = new AbortController().signal;
const IDS = Array.from({ length: 20 }, (_, i) => `s${i + 10}`);
const called = (id: string, name: string): JsonObject => ({
  ...service(id),
  name,
});
const LISTED = IDS.map(id => service(id));
const RENAMED = IDS.map(id => called(id, `new-${id}`));

describe('runRecord', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let source: FakeSource;
    let catalog: FakeCatalog;
    let clock: FakeClock;
    let logger: ReturnType<typeof mockServices.logger.mock>;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      source = new FakeSource();
      catalog = new FakeCatalog(knex);
      clock = new FakeClock();
      logger = mockServices.logger.mock();
    });

    function start(settings: Partial<SourceSettings> = {}) {
      return connectSync({ knex, catalog, clock, settings, source, logger });
    }

    async function poll(sync: SourceSync, list: JsonObject[]) {
      clock.advance(MINUTE);
      source.answer = list;
      await sync.poll({ kind: 'poll', signal });
    }

    async function read(sync: SourceSync, record: JsonObject) {
      clock.advance(MINUTE);
      const recordId = record.id as string;
      source.records.set(recordId, record);
      await sync.syncRecord({ recordId, signal });
    }

    async function decide(decision: 'approved' | 'rejected') {
      const plan = await readCurrentPlan({
        knex,
        source: 'registry',
        now: clock.now(),
      });
      await decidePlan({
        knex,
        source: 'registry',
        hash: plan!.hash,
        decision,
        by: 'user:default/guest',
        now: clock.now(),
      });
    }

    const lastRun = () =>
      knex('custom_data_runs').orderBy('started_at', 'desc').first();
    const before = IDS.map(id => id).sort();

    it('renames an entity', async () => {
      const sync = start();
      await poll(sync, LISTED);
      await read(sync, RENAMED[0]);

      expect(catalog.names()).toEqual([...before.slice(1), 'new-s10'].sort());
    });

    it.each(['pending', 'rejected'] as const)(
      'takes nothing away that a %s plan holds',
      async state => {
        const sync = start();
        await poll(sync, LISTED);
        await poll(sync, RENAMED);
        if (state === 'rejected') {
          await decide(state);
        }
        for (const record of RENAMED) {
          await read(sync, record);
        }

        expect(catalog.names()).toEqual(before);
        expect((await lastRun()).held).toContain('has to be approved');
      },
    );

    it('logs for debugging only what a plan holds already, and that there is no record', async () => {
      const sync = start();
      await poll(sync, LISTED);
      await poll(sync, RENAMED);
      jest.clearAllMocks();
      await read(sync, RENAMED[0]);
      clock.advance(MINUTE);
      await sync.syncRecord({ recordId: 'none', signal });

      expect(logger.info).not.toHaveBeenCalled();
      expect(logger.warn).not.toHaveBeenCalled();
      const debugged = logger.debug.mock.calls.flat().join();
      expect(debugged).toContain('has to be approved');
      expect(debugged).toContain(
        'the source has no record "none", which removes nothing',
      );
    });

    it('lets a later list carry out what was approved', async () => {
      const sync = start();
      await poll(sync, LISTED);
      await poll(sync, RENAMED);
      await read(sync, RENAMED[0]);
      await decide('approved');
      await poll(sync, RENAMED);

      expect(catalog.names()).toEqual(IDS.map(id => `new-${id}`).sort());
    });

    it('removes nothing under a configuration with which no list was read', async () => {
      await poll(start(), LISTED);
      const changed = start({ id: 'key' });
      for (const record of RENAMED) {
        await read(changed, record);
      }
      expect(catalog.names()).toEqual(before);
      expect((await lastRun()).held).toContain('no list has been read');

      await poll(changed, RENAMED);
      expect(catalog.names()).toEqual(before);
      await decide('approved');
      await poll(changed, RENAMED);
      expect(catalog.names()).toEqual(IDS.map(id => `new-${id}`).sort());
    });

    it('has the next list evaluated for a record that the single read changed', async () => {
      const sync = start();
      source.etag = '"1"';
      await poll(sync, LISTED);
      await read(sync, service('s10', 'stale'));
      await poll(sync, LISTED);

      expect(source.asked.at(-1)).toBeUndefined();
      expect(catalog.entities.get('component:default/s10')).toMatchObject({
        spec: { owner: 'team' },
      });
    });

    it('asks for the whole next list after a record that could not be read', async () => {
      const sync = start();
      source.etag = '"1"';
      await poll(sync, LISTED);
      await read(sync, { id: 's10', broken: true });
      await poll(sync, LISTED);

      expect(source.asked.at(-1)).toBeUndefined();
      expect(await knex('custom_data_problems')).toEqual([]);
    });

    it('keeps the validators of the list where the record has not changed', async () => {
      const sync = start();
      source.etag = '"1"';
      await poll(sync, LISTED);
      source.etag = undefined;
      await read(sync, LISTED[0]);
      source.etag = '"1"';
      await poll(sync, LISTED);

      expect(source.asked.at(-1)).toEqual({ etag: '"1"' });
    });
  });
});
