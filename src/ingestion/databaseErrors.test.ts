import { beforeQueries } from '../database/__testUtils__/beforeQueries';
import { CLOSING_A_RUN } from '../database/__testUtils__/failStatements';
import { describeSource } from './__testUtils__/describeSource';
import { failedMapping, mapper, services } from './__testUtils__/fakes';

const PRIVATE = 'very-private';

/** A record of the owner "broken" gives a problem whose value is shown, but never logged. */
const mapOrFail: typeof mapper.map = async (record, recordId) =>
  record.owner === 'broken'
    ? failedMapping(recordId, PRIVATE)
    : mapper.map(record, recordId);

describeSource('an error of the database', world => {
  let restoreQueries = () => {};

  afterEach(() => restoreQueries());

  it.each([
    ['entities', /^insert into custom_data_contributions/, [PRIVATE]],
    ['problems', /^insert into .custom_data_problems/, ['broken']],
    ['a plan', /^insert into .custom_data_plans/, ['a', PRIVATE]],
    ['held changes', /^insert into .custom_data_plan_refs/, ['a', PRIVATE]],
    ['the end of a run', CLOSING_A_RUN, ['a', PRIVATE]],
  ])(
    'names its code but no value, in the log and in the run, where %s cannot be written',
    async (_, pattern, owners) => {
      const sync = world.start({}, { mapper: { ...mapper, map: mapOrFail } });
      for (const owner of owners.slice(0, -1)) {
        await world.poll(sync, services(20, owner));
      }
      restoreQueries = beforeQueries(world.knex, sql => {
        if (pattern.test(sql)) {
          throw Object.assign(new Error('disk full'), { code: 'FULL' });
        }
      });

      const list = services(20, owners.at(-1));
      const error = await world.poll(sync, list).catch(e => e);

      expect(error.message).toBe('The database failed with "FULL"');
      const { logger, knex } = world;
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
