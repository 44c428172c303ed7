import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { dirname, join } from 'node:path';
import {
  createCatalogVerdicts,
  createEntityRegistry,
} from '../../database/catalogTables';
import { migrate } from '../../database/migrate';
import { FakeClock } from '../__testUtils__/fakes';
import { createFindingsStore } from '../database/findings';
import { KEPT_PROBLEMS } from '../database/problems';
import { createCatalogFindings } from './createCatalogFindings';
import { CONFLICTS_TOPIC, ERRORS_TOPIC } from './events';

const CATALOG_MIGRATIONS = join(
  dirname(require.resolve('@backstage/plugin-catalog-backend/package.json')),
  'migrations',
);
const DAY = 24 * 60 * 60 * 1000;
const signal = new AbortController().signal;
const ref = (name: string) => `component:default/${name}`;

describe('createCatalogFindings', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let clock: FakeClock;
    let statements: string[];

    beforeEach(async () => {
      knex = await databases.init(databaseId);
      await knex.migrate.latest({ directory: CATALOG_MIGRATIONS });
      await migrate({ knex });
      clock = new FakeClock();
      statements = [];
      knex.on('query', ({ sql }) => statements.push(sql));
    });

    async function replica() {
      const service = mockServices.events();
      const findings = createCatalogFindings({
        findings: createFindingsStore({ knex }),
        verdicts: createCatalogVerdicts({ knex }),
        registry: createEntityRegistry({ knex }),
        now: clock.now,
      });
      await findings.subscribe(service);
      return {
        ...findings,
        error: (entity: string) =>
          service.publish({
            topic: ERRORS_TOPIC,
            eventPayload: { entity, errors: [{}] },
          }),
        conflict: (entityRef: string, holder: string, claimant: string) =>
          service.publish({
            topic: CONFLICTS_TOPIC,
            eventPayload: {
              entityRef,
              existingLocationKey: holder,
              newLocationKey: claimant,
            },
          }),
        /** What was heard is given out at the second look. */
        async lookTwice() {
          await findings.look();
          await findings.look();
        },
      };
    }

    /** What the catalog has, and of whom. */
    async function put(names: string[], errors = '[]', ours = true) {
      await knex.batchInsert(
        'refresh_state',
        names.map(name => ({
          entity_id: name,
          entity_ref: ref(name),
          unprocessed_entity: '{}',
          errors,
          result_hash: 'first',
          location_key: ours ? 'custom-data-registry' : 'url:elsewhere',
          next_update_at: knex.fn.now(),
          last_discovery_at: knex.fn.now(),
        })),
        50,
      );
      if (ours) {
        await own(names);
      }
    }
    async function own(names: string[]) {
      const given = { source: 'registry', hash: '' };
      await knex.batchInsert(
        'custom_data_contributions',
        names.map(name => ({
          ...given,
          record_id: name,
          entity_ref: ref(name),
          role: 'base',
          entity: '{}',
          run_id: 'r',
        })),
        50,
      );
      await knex.batchInsert(
        'custom_data_entities',
        names.map(name => ({
          ...given,
          entity_ref: ref(name),
          applied_at: '',
        })),
        50,
      );
    }
    const setErrors = (name: string, ...errors: object[]) =>
      knex('refresh_state')
        .where({ entity_ref: ref(name) })
        .update({ errors: JSON.stringify(errors) });
    const rows = () =>
      knex('custom_data_problems').orderBy('entity_ref').select('*');
    const kept = async () =>
      (await rows()).map(row => [row.code, row.entity_ref, row.message]);
    const bad = { name: 'TypeError', message: 'no "team"' };

    it('keeps an error once, however often it is told, until it is fixed', async () => {
      const { error, lookTwice, check } = await replica();
      await put(['a', 'b']);
      await put(['foreign'], JSON.stringify([bad]), false);
      await setErrors('a', bad, { message: 'and more' });
      for (let i = 0; i < 1000; i++) {
        await error(ref('a'));
        await error(ref('b'));
        await error(ref('foreign'));
        await error('what is that?');
      }
      await lookTwice();
      const first = await rows();
      expect(await kept()).toEqual([
        [
          'catalog-error',
          ref('a'),
          'The catalog could not process it: TypeError: no "team"; Error: and more',
        ],
      ]);
      expect(first[0]).toMatchObject({ source: 'registry', record_id: 'a' });

      clock.advance(1000);
      statements = [];
      await error(ref('a'));
      await lookTwice();
      await check();
      expect(
        statements.filter(sql => /^(insert|update|delete)/i.test(sql)),
      ).toEqual([]);
      expect(await rows()).toEqual(first);

      await setErrors('a', { ...bad, message: 'still wrong' });
      await check();
      expect(await rows()).toEqual([
        {
          ...first[0],
          message: 'The catalog could not process it: TypeError: still wrong',
        },
      ]);
      await setErrors('a');
      await check();
      expect(await rows()).toEqual([]);
    });

    it('finds by itself what no event told, and keeps a bounded number', async () => {
      const one = await replica();
      const other = await replica();
      const names = Array.from({ length: 2100 }, (_, i) => `n${i}`);
      await put(names, JSON.stringify([bad]));

      await Promise.all([one.sweep(signal), other.check()]);

      expect(await rows()).toHaveLength(KEPT_PROBLEMS);
    });

    it('looks again at what was told before the run that gave it had ended', async () => {
      const { conflict, look, lookTwice } = await replica();
      await conflict(ref('a'), 'custom-data-registry', 'url:x');
      await conflict(ref('theirs'), 'url:y', 'url:x');
      await lookTwice();
      expect(await rows()).toEqual([]);

      await put(['a', 'theirs']);
      await look();

      expect(await kept()).toEqual([
        [
          'catalog-conflict',
          ref('a'),
          expect.stringContaining('refused the same ref from "url:x"'),
        ],
      ]);
    });

    it.each([
      ['somebody else has the ref', { location_key: 'url:x' }, 'a'],
      ['what the claimant says has changed', { result_hash: 'next' }, 'x'],
    ])('lets go of a conflict once %s', async (_, change, changed) => {
      const { conflict, lookTwice, check } = await replica();
      await put(['a']);
      await put(['x'], '[]', false);
      await knex('refresh_keys').insert({ entity_id: 'x', key: 'url:x' });
      await conflict(ref('a'), 'custom-data-registry', 'url:x');
      await lookTwice();
      clock.advance(7 * DAY);
      await check();
      expect(await rows()).toHaveLength(1);

      await knex('refresh_state').where({ entity_id: changed }).update(change);
      await check();

      expect(await rows()).toEqual([]);
    });

    it('takes a conflict whose claimant cannot be looked up to last for a day', async () => {
      const { conflict, lookTwice, check } = await replica();
      await put(['a']);
      await conflict(ref('a'), 'custom-data-registry', 'unheard-of:x');
      await lookTwice();
      clock.advance(DAY - 1000);
      await check();
      expect(await rows()).toHaveLength(1);

      clock.advance(2000);
      await check();

      expect(await rows()).toEqual([]);
    });

    it('shows on both sides what a location of ours claims and a source has', async () => {
      const { conflict, lookTwice } = await replica();
      await put(['a']);
      await knex('custom_data_read_refs').insert({
        source: 'places',
        record_id: 'p/1',
        entity_ref: ref('a'),
      });
      await conflict(
        ref('a'),
        'custom-data-registry',
        'custom-data:places/p/1',
      );
      await lookTwice();

      expect(
        (await rows())
          .map(row => [row.source, row.record_id, row.severity])
          .sort(),
      ).toEqual([
        ['places', 'p/1', 'error'],
        ['registry', 'a', 'warning'],
      ]);
    });
  });
});
