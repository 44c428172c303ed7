import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { beforeQueries } from '../database/__testUtils__/beforeQueries';
import { createTables } from '../database/__testUtils__/createTables';
import { CLOSING_A_RUN } from '../database/__testUtils__/failStatements';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  mapper,
  service,
} from './__testUtils__/fakes';

const PRIVATE = 'very-private';
const services = (owner: string) =>
  Array.from({ length: 20 }, (_, i) => service(`s${i}`, owner));

/** A record of the owner "broken" gives a problem whose value is shown, but never logged. */
const mapOrFail: typeof mapper.map = async (record, recordId) =>
  record.owner === 'broken'
    ? {
        type: 'failed',
        problems: [
          {
            code: 'expression-failed',
            severity: 'error',
            recordId,
            message: 'failed',
            value: PRIVATE,
          },
        ],
      }
    : mapper.map(record, recordId);

describe('an error of the database', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);
  let restoreQueries = () => {};

  afterEach(() => restoreQueries());

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    it.each([
      ['entities', /^insert into custom_data_contributions/, [PRIVATE]],
      ['problems', /^insert into .custom_data_problems/, ['broken']],
      ['a plan', /^insert into .custom_data_plans/, ['a', PRIVATE]],
      ['held changes', /^insert into .custom_data_plan_refs/, ['a', PRIVATE]],
      ['the end of a run', CLOSING_A_RUN, ['a', PRIVATE]],
    ])(
      'names its code but no value, in the log and in the run, where %s cannot be written',
      async (_, pattern, owners) => {
        const knex = await tables.empty(databaseId);
        const source = new FakeSource();
        const clock = new FakeClock();
        const logger = mockServices.logger.mock();
        const sync = connectSync({
          knex,
          catalog: new FakeCatalog(knex),
          clock,
          source,
          logger,
          mapper: { ...mapper, map: mapOrFail },
        });
        const poll = () =>
          sync.poll({ kind: 'poll', signal: new AbortController().signal });
        for (const owner of owners.slice(0, -1)) {
          source.answer = services(owner);
          await poll();
          clock.advance(60_000);
        }
        source.answer = services(owners.at(-1)!);
        restoreQueries = beforeQueries(knex, sql => {
          if (pattern.test(sql)) {
            throw Object.assign(new Error('disk full'), { code: 'FULL' });
          }
        });

        const error = await poll().catch(e => e);

        expect(error.message).toBe('The database failed with "FULL"');
        const calls = [logger.warn.mock.calls, logger.error.mock.calls].flat(2);
        const shown = [
          error.stack,
          ...calls.map(part => (part as Error)?.stack ?? String(part)),
          JSON.stringify(await knex('custom_data_runs')),
        ].join('\n');
        expect(shown).toContain('FULL');
        expect(shown).not.toContain(PRIVATE);
      },
    );
  });
});
