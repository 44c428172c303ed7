import { mockLogger } from '../__testUtils__/mockLogger';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { connectSync } from '../ingestion/__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
} from '../ingestion/__testUtils__/fakes';
import { keepRemovedSources } from './createSources';

describeSqlite('keepRemovedSources', tables => {
  it('keeps the entities of removed sources, and logs whose entities stay', async () => {
    const knex = await tables.empty();
    await knex('custom_data_sources').insert(
      ['registry', 'faulty', 'removed'].map(source => ({
        source,
        failures: 0,
      })),
    );
    await knex('custom_data_entities').insert({
      entity_ref: 'component:default/a',
      source: 'registry',
      hash: '',
      applied_at: '',
    });
    const logger = mockLogger();
    const sync = connectSync({
      knex,
      catalog: new FakeCatalog(knex),
      clock: new FakeClock(),
      source: new FakeSource(),
      settings: { poll: false },
    });

    const providers = await keepRemovedSources({
      knex,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map([['faulty', 'no url']]),
      logger,
    });

    expect(
      [...providers].map(([name, provider]) => [
        name,
        provider.getProviderName(),
      ]),
    ).toEqual([['removed', 'custom-data-removed']]);
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(
        /"registry" .*; what its list gave \(1 entity\) stays/,
      ),
      expect.stringMatching(/"removed" .*; its entities stay/),
    ]);
  });
});
