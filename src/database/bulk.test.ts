import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import {
  deleteRows,
  insertRows,
  isAmong,
  readTexts,
  updateRows,
  upsertRows,
} from './bulk';

const ODD = `'"\\ {} ? :x \u00e9 \u{1f600} $1 \n`;

describe('many rows as one value', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    const table = 'things';
    const rows = (from: number, to: number, text: string | null = ODD) =>
      Array.from({ length: to - from }, (_, i) => ({
        source: 's',
        name: `n${from + i}`,
        text,
      }));
    const write = (given: ReturnType<typeof rows>, where?: string) =>
      upsertRows({
        tx: knex,
        table,
        key: ['source', 'name'],
        rows: given,
        where,
        bindings: where ? ['keep'] : [],
      });

    beforeEach(async () => {
      knex = await databases.init(databaseId);
      await knex.schema.createTable(table, t => {
        t.string('source', 10);
        t.string('name', 10);
        t.text('text');
        t.primary(['source', 'name']);
      });
    });

    it('inserts thousands, any text and null, and updates those that are there', async () => {
      await write(rows(0, 2500));
      await write(rows(2499, 2501, null));
      const all = await knex(table);

      expect(all).toHaveLength(2501);
      expect(all.filter(row => row.text === ODD)).toHaveLength(2499);
    });

    it('keeps values out of its errors', async () => {
      const options = { tx: knex, table: 'nowhere', key: ['name' as const] };
      const secret = [{ name: 'very-private', text: 'x' }];
      const attempts = [
        () => upsertRows({ ...options, rows: secret }),
        () => insertRows({ ...options, rows: secret }),
        () => updateRows({ ...options, rows: secret }),
        () =>
          knex.transaction(tx =>
            deleteRows({ tx, table: 'nowhere', source: 's', keys: secret }),
          ),
      ];
      for (const attempt of attempts) {
        const error = await attempt().catch(e => e);
        expect(error.message).toMatch(/^The database failed with "\w+"$/);
        expect(error.stack).not.toContain('very-private');
      }
    });

    it('does nothing without rows', async () => {
      await expect(write([])).resolves.toBeUndefined();
    });

    it('leaves a row as it is where the condition does not hold', async () => {
      await write([...rows(0, 1, 'keep'), ...rows(1, 2, 'old')]);
      await write(rows(0, 2, 'new'), 'things.text <> ?');

      await expect(knex(table).orderBy('name').pluck('text')).resolves.toEqual([
        'keep',
        'new',
      ]);
    });

    it('inserts, and leaves what is there', async () => {
      await write(rows(0, 1, 'old'));
      await insertRows({
        tx: knex,
        table,
        key: ['source', 'name'],
        rows: rows(0, 1200, 'new'),
      });

      const texts = await knex(table).orderBy('name').pluck('text');
      expect(texts).toHaveLength(1200);
      expect(texts.filter(text => text === 'old')).toHaveLength(1);
    });

    it('updates what is there, and inserts nothing', async () => {
      await write([...rows(0, 1, 'old'), ...rows(5, 6, 'stays')]);
      await updateRows({
        tx: knex,
        table,
        key: ['source', 'name'],
        rows: rows(0, 4, null),
      });

      await expect(knex(table).orderBy('name').pluck('text')).resolves.toEqual([
        null,
        'stays',
      ]);
    });

    it('takes whole numbers, none of them, and names that are words of SQL', async () => {
      await knex.schema.createTable('numbers', t => {
        t.integer('commit').primary();
        t.bigInteger('order');
      });
      const given = [
        { commit: 1, order: 2 ** 53 - 1 },
        { commit: 2, order: null },
      ];
      await upsertRows({
        tx: knex,
        table: 'numbers',
        key: ['commit'],
        numbers: ['commit', 'order'],
        rows: given,
      });

      const read = await knex('numbers').orderBy('commit');
      expect(
        read.map(row => ({ ...row, order: row.order && Number(row.order) })),
      ).toEqual(given);
    });

    it('deletes by several columns together, and only of one source', async () => {
      await write(rows(0, 3));
      await knex(table).insert({ source: 'other', name: 'n1' });
      await knex.transaction(tx =>
        deleteRows({
          tx,
          table,
          source: 's',
          keys: [
            { name: 'n1', text: ODD },
            { name: 'n2', text: 'not this' },
          ],
        }),
      );

      await expect(
        knex(table).orderBy(['source', 'name']).pluck('name'),
      ).resolves.toEqual(['n1', 'n0', 'n2']);
    });

    it('reads rows as texts, in the order of the query and without null', async () => {
      const odd = `'"\\ {} ? :x \u00e9 \u{1f600} $1`;
      await write([...rows(1, 2, odd), ...rows(0, 1, null)]);
      const read = (name: string) =>
        readTexts(
          knex,
          ['name', 'text'],
          knex(table).where('name', '<', name).orderBy('name'),
        );

      await expect(read('z')).resolves.toEqual([
        ['n0', ''],
        ['n1', odd],
      ]);
      await expect(read('a')).resolves.toEqual([]);
    });

    it('finds rows among thousands of values', async () => {
      await write(rows(0, 3));
      const names = ['n0', 'n2', ...rows(10, 5000).map(row => row.name)];

      await expect(
        knex(table)
          .where(isAmong(knex, 'name', names))
          .orderBy('name')
          .pluck('name'),
      ).resolves.toEqual(['n0', 'n2']);
    });
  });
});
