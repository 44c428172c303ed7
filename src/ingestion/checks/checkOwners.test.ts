import { mockLogger } from '../../__testUtils__/mockLogger';
import { describeSqlite } from '../../database/__testUtils__/describeTables';
import { failStatements } from '../../database/__testUtils__/failStatements';
import type { Tables } from '../../database/__testUtils__/Tables';
import { settingsOf } from '../__testUtils__/fakes';
import { checkOwners } from './checkOwners';

async function prepare({ knex }: Tables, known: string[]) {
  const owners = { x: 'a', y: 'b', z: 'b' };
  for (const [name, owner] of Object.entries(owners)) {
    await knex('custom_data_entities').insert({
      entity_ref: `component:default/${name}`,
      source: 'registry',
      hash: '',
      applied_at: '',
      owner: `group:default/${owner}`,
    });
  }
  for (const ref of known) {
    await knex('refresh_state').insert({ entity_ref: ref });
  }
  const logger = mockLogger();
  const context = {
    settings: settingsOf(),
    knex,
    run: {
      id: 'run',
      source: 'registry',
      kind: 'poll' as const,
      startedAt: new Date(0),
    },
    logger,
  };
  return {
    context,
    logger,
    messages: (): Promise<string[]> =>
      knex('custom_data_problems').orderBy('entity_ref').pluck('message'),
  };
}

describeSqlite('checkOwners', tables => {
  it('warns once of each owner that the catalog does not know', async () => {
    const { context, messages } = await prepare(tables, []);
    await checkOwners(context, true);

    expect(await messages()).toEqual([
      'The catalog does not know "group:default/a", the owner of "component:default/x" of source "registry"; check its spelling, or add it to the catalog',
      expect.stringContaining('of 2 entities, such as "component:default/y"'),
    ]);
  });

  it('does not warn of owners that the catalog knows', async () => {
    const { context, messages } = await prepare(tables, [
      'group:default/a',
      'group:default/b',
    ]);
    await checkOwners(context, true);
    expect(await messages()).toEqual([]);
  });

  it('checks nothing where no entity changed and no owner is unknown', async () => {
    const { context, messages } = await prepare(tables, []);
    await checkOwners(context, false);
    expect(await messages()).toEqual([]);
  });

  it('logs a failure, and does not fail the run', async () => {
    const { context, logger } = await prepare(tables, []);
    const repair = failStatements(context.knex, /refresh_state/);
    await checkOwners(context, true);
    repair();

    expect(logger.warn).toHaveBeenCalledWith(
      'Could not look for unknown owners in source "registry": Error: the database is gone',
    );
  });
});
