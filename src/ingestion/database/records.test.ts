import { describeTables } from '../../database/__testUtils__/describeTables';
import { readFedRefs } from './records';

describeTables('readFedRefs, %p', tables => {
  const give = (source: string, refs: string[]) =>
    tables.knex.batchInsert(
      'custom_data_entities',
      refs.map(entity_ref => ({
        entity_ref,
        source,
        hash: 'x',
        applied_at: '2026-11-30T12:00:00.000Z',
      })),
      50,
    );

  it('gives what a source lists and what locations read of it, each once, in order', async () => {
    await give('registry', ['component:default/b', 'component:default/d']);
    await give('other', ['component:default/c']);
    await tables.knex('custom_data_read_refs').insert(
      ['component:default/a', 'component:default/b'].map(entity_ref => ({
        entity_ref,
        source: 'registry',
        record_id: entity_ref,
      })),
    );

    await expect(
      readFedRefs({ knex: tables.knex, source: 'registry', limit: 500 }),
    ).resolves.toEqual(
      ['a', 'b', 'd'].map(name => `component:default/${name}`),
    );
  });

  it('gives no more than the limit, the first ones', async () => {
    const refs = Array.from(
      { length: 502 },
      (_, i) => `component:default/${1000 + i}`,
    );
    await give('registry', refs);

    await expect(
      readFedRefs({ knex: tables.knex, source: 'registry', limit: 500 }),
    ).resolves.toEqual(refs.slice(0, 500));
  });
});
