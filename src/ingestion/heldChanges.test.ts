import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import {
  CLOSING_A_RUN,
  failStatements,
} from '../database/__testUtils__/failStatements';
import { createTables } from '../database/__testUtils__/createTables';
import { SourceSync } from './SourceSync';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
} from './__testUtils__/fakes';
import { showPlan } from './control/plans';
import type { KnownSource, SourcesContext } from './control/sources';
import { decidePlan } from './database/planDecisions';

const MINUTE = 60_000;
const signal = new AbortController().signal;
const range = (count: number, owner: string) =>
  Array.from({ length: count }, (_, i) => service(`s${i}`, owner));
const withoutOwner = (records: JsonObject[]) =>
  records.map(({ id }) => ({ id }));

describe('held changes', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let source: FakeSource;
    let catalog: FakeCatalog;
    let clock: FakeClock;
    let sync: SourceSync;
    let logger: ReturnType<typeof mockServices.logger.mock>;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      source = new FakeSource();
      catalog = new FakeCatalog(knex);
      clock = new FakeClock();
      logger = mockServices.logger.mock();
      sync = connectSync({ knex, catalog, clock, source, logger });
    });

    async function poll(records: JsonObject[]) {
      clock.advance(MINUTE);
      source.answer = records;
      await sync.poll({ kind: 'poll', signal });
    }
    const owners = () => {
      const all = [...catalog.entities.values()].map(e => e.spec?.owner);
      return [...new Set(all)].sort();
    };
    const states = () =>
      knex('custom_data_plans').orderBy('created_at').pluck('state');
    const lastRun = () =>
      knex('custom_data_runs').orderBy('started_at', 'desc').first();
    const decide = async (decision: 'approved' | 'rejected') => {
      const { hash } = await knex('custom_data_plans')
        .where({ state: 'pending' })
        .first();
      await decidePlan({
        knex,
        source: 'registry',
        hash,
        decision,
        by: 'user:default/guest',
        now: clock.now(),
      });
    };

    it('keeps the owners of all entities where the API no longer says them, and adds what is new', async () => {
      await poll(range(46, 'payments'));
      await poll([...withoutOwner(range(46, '')), service('new', 'x')]);

      expect(owners()).toEqual(['payments', 'x']);
      expect((await lastRun()).held).toContain(
        'spec.owner of 46 of 46 entities would change; at most 23 may at once (changes.maxRatio 0.5); for example spec.owner from "payments" to "unowned"',
      );
      expect(await states()).toEqual(['pending']);
      const known = {
        name: 'registry',
        type: 'configured',
        settings: { poll: true },
      };
      const { plan, refs } = await showPlan(
        { knex, now: () => clock.now() } as SourcesContext,
        known as KnownSource,
        { limit: 1 },
      );
      expect(plan).toMatchObject({ state: 'pending', count: 46 });
      expect(refs.items).toEqual([
        {
          entityRef: 'component:default/s0',
          recordId: 's0',
          changes: [{ field: 'spec.owner', from: 'payments', to: 'unowned' }],
        },
      ]);
    });

    it('logs once what is held, without the values of records', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      await poll(withoutOwner(range(46, '')));

      expect(logger.warn.mock.calls).toEqual([
        [expect.stringContaining('spec.owner of 46 of 46 entities')],
      ]);
      expect(logger.warn.mock.calls.flat().join()).not.toContain('payments');
    });

    it('asks once, and applies what was approved, with the next run', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      const calls = catalog.mutations.length;
      await poll(withoutOwner(range(46, '')));
      expect(catalog.mutations).toHaveLength(calls);
      expect(await states()).toEqual(['pending']);

      await decide('approved');
      await expect(sync.due()).resolves.toBe('approved');
      await poll(withoutOwner(range(46, '')));
      expect(owners()).toEqual(['unowned']);
      expect(await states()).toEqual(['applied']);
      await poll(withoutOwner(range(46, '')));
      expect((await lastRun()).outcome).toBe('unchanged');
    });

    it('forgets the plan once the API says the owners again', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      await poll(range(46, 'payments'));

      expect(await states()).toEqual(['void']);
      expect((await lastRun()).held).toBeNull();
    });

    it('does not let an approval cover other changes', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      await decide('approved');
      await poll(range(46, 'other'));

      expect(owners()).toEqual(['payments']);
      expect(await states()).toEqual(['approved', 'pending']);
    });

    it('keeps what was rejected, and asks no more', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      await decide('rejected');
      await poll(withoutOwner(range(46, '')));

      expect(owners()).toEqual(['payments']);
      expect(await states()).toEqual(['rejected']);
    });

    it('guards a source of five where no record has the input any more, and no other change of it', async () => {
      await poll(range(5, 'payments'));
      await poll(withoutOwner(range(5, '')));
      expect(owners()).toEqual(['payments']);

      await poll(range(5, 'refunds'));
      expect(owners()).toEqual(['refunds']);
    });

    it('does not let runs over single records get round a plan, nor an incomplete list', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      source.records.set('s1', { id: 's1' });
      clock.advance(MINUTE);
      await sync.syncRecord({ recordId: 's1', signal });
      expect((await lastRun()).held).toContain(
        'a plan of the source holds that',
      );
      await poll([...withoutOwner(range(10, '')), { owner: 'nameless' }]);

      expect(owners()).toEqual(['payments']);
      expect((await states()).at(-1)).toBe('pending');
    });

    it('applies what a single record says where no plan holds it', async () => {
      await poll(range(46, 'payments'));
      source.records.set('s1', service('s1', 'refunds'));
      await sync.syncRecord({ recordId: 's1', signal });

      expect(owners()).toEqual(['payments', 'refunds']);
    });

    it('holds nothing after a change of the configuration', async () => {
      await poll(range(46, 'payments'));
      await poll(withoutOwner(range(46, '')));
      const settings = { requiredAnnotations: ['a/b'] };
      sync = connectSync({ knex, catalog, clock, source, settings });
      await poll(withoutOwner(range(46, '')));

      expect(owners()).toEqual(['unowned']);
      expect(await states()).toEqual(['void']);
    });

    it('guards as well after a run that died', async () => {
      await poll(range(46, 'payments'));
      const repair = failStatements(knex, CLOSING_A_RUN);
      await expect(
        poll([...range(46, 'payments'), service('new')]),
      ).rejects.toThrow();
      repair();
      clock.advance(MINUTE);
      await poll(withoutOwner(range(46, '')));

      expect(owners()).not.toContain('unowned');
    });

    it('asks for the whole list again while something is held', async () => {
      source.etag = '"1"';
      await poll(range(46, 'payments'));
      source.etag = '"2"';
      await poll(withoutOwner(range(46, '')));
      await poll(withoutOwner(range(46, '')));

      expect(source.asked).toEqual([undefined, { etag: '"1"' }, undefined]);
    });
  });
});
