import { mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { dirname, join } from 'node:path';
import { mockLogger } from '../../__testUtils__/mockLogger';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { FakeClock } from '../__testUtils__/fakes';
import { KEPT_PROBLEMS } from '../database/problems';
import { CatalogConflicts, CONFLICTS_TOPIC } from './CatalogConflicts';
import { updateErrors } from './updateErrors';

const CATALOG_MIGRATIONS = join(
  dirname(require.resolve('@backstage/plugin-catalog-backend/package.json')),
  'migrations',
);
const DAY = 24 * 60 * 60 * 1000;
const signal = new AbortController().signal;
const ref = (name: string) => `component:default/${name}`;

describeTables(
  'what the catalog finds on %s',
  tables => {
    let knex: Knex;
    let clock: FakeClock;
    let statements: string[];
    let logger: ReturnType<typeof mockLogger>;

    beforeEach(() => {
      knex = tables.knex;
      clock = new FakeClock();
      statements = [];
      logger = mockLogger();
      knex.on('query', ({ sql }) => statements.push(sql));
    });

    const update = () => updateErrors({ knex, logger, now: clock.now, signal });

    async function replica() {
      const service = mockServices.events();
      const conflicts = new CatalogConflicts({ knex, now: clock.now });
      await conflicts.subscribe(service);
      return {
        updateOnce: () => conflicts.update(),
        conflict: (entityRef: string, holder: string, claimant: string) =>
          service.publish({
            topic: CONFLICTS_TOPIC,
            eventPayload: {
              entityRef,
              existingLocationKey: holder,
              newLocationKey: claimant,
            },
          }),
        /** An event is looked up at the second update after it. */
        async updateTwice() {
          await conflicts.update();
          await conflicts.update();
        },
      };
    }

    /** Puts entities into the catalog, ours or somebody else's. */
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
    /** Puts a location into the catalog that failed when it was processed. */
    const putLocation = (entityRef: string, spec: unknown) =>
      knex('refresh_state').insert({
        entity_id: entityRef,
        entity_ref: entityRef,
        unprocessed_entity: JSON.stringify({ kind: 'Location', spec }),
        errors: JSON.stringify([{ name: 'NotFoundError', message: 'no "b"' }]),
        next_update_at: knex.fn.now(),
        last_discovery_at: knex.fn.now(),
      });
    const setErrors = (name: string, ...errors: object[]) =>
      knex('refresh_state')
        .where({ entity_ref: ref(name) })
        .update({ errors: JSON.stringify(errors) });
    const rows = () =>
      knex('custom_data_problems').orderBy('entity_ref').select('*');
    const kept = async () =>
      (await rows()).map(row => [row.code, row.entity_ref, row.message]);
    const bad = { name: 'TypeError', message: 'no "team"' };

    it('stores an error once, until it is fixed', async () => {
      await put(['a', 'b']);
      await put(['foreign'], JSON.stringify([bad]), false);
      await setErrors('a', bad, { message: 'and more' });
      await update();
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
      await update();
      expect(
        statements.filter(sql => /^(insert|update|delete)/i.test(sql)),
      ).toEqual([]);
      expect(await rows()).toEqual(first);

      await setErrors('a', { ...bad, message: 'still wrong' });
      await update();
      expect(await rows()).toEqual([
        {
          ...first[0],
          message: 'The catalog could not process it: TypeError: still wrong',
        },
      ]);
      await setErrors('a');
      await update();
      expect(await rows()).toEqual([]);
    });

    it('stores and logs once that a location failed, for each record that it reads, until it no longer does', async () => {
      const location = 'location:default/generated-1';
      const other = 'location:default/of-somebody-else';
      await putLocation(location, {
        type: 'custom-data',
        targets: ['registry/a', 'registry/b'],
      });
      await putLocation(other, {
        type: 'url',
        target: 'https://git.example.com/a',
      });
      for (let i = 0; i < 3; i++) {
        await update();
      }
      expect(
        (await rows()).map(row => [row.code, row.source, row.record_id]).sort(),
      ).toEqual([
        ['location-failed', 'registry', 'a'],
        ['location-failed', 'registry', 'b'],
      ]);
      expect((await rows())[0].message).toContain('NotFoundError: no "b"');
      expect(logger.warn).toHaveBeenCalledTimes(2);

      await knex('refresh_state').update({ errors: '[]' });
      await update();
      await update();
      expect(await rows()).toEqual([]);
      expect(logger.info).toHaveBeenCalledTimes(2);
      expect(logger.warn).toHaveBeenCalledTimes(2);
    });

    it.each<[string, unknown]>([
      ['nothing in it', null],
      ['a text in place of its spec', 'custom-data'],
      ['targets that are no texts', { type: 'custom-data', targets: [1, {}] }],
      [
        'a target longer than any id',
        { type: 'custom-data', target: `registry/${'x'.repeat(300)}` },
      ],
      [
        'a target that no database stores',
        { type: 'custom-data', target: 'registry/a\0' },
      ],
    ])(
      'finds what else has errors beside a location with %s',
      async (_, spec) => {
        await put(['a'], JSON.stringify([bad]));
        await putLocation('location:default/odd', spec);

        await update();

        expect(await kept()).toContainEqual([
          'catalog-error',
          ref('a'),
          expect.stringContaining('no "team"'),
        ]);
      },
    );

    it('lists a location with a target longer than any id, without a record', async () => {
      const target = `registry/${'x'.repeat(300)}`;
      await putLocation('location:default/odd', {
        type: 'custom-data',
        target,
      });

      await update();

      expect(await rows()).toEqual([
        expect.objectContaining({
          code: 'location-failed',
          source: 'registry',
          record_id: null,
          entity_ref: 'location:default/odd',
        }),
      ]);
    });

    it.each([
      ['no source', { target: 'Registry' }, 'with the target "Registry"'],
      ['nothing', {}, 'without a target'],
      [
        'a source that is not configured',
        { target: 'regsitry/a' },
        'In source "regsitry"',
      ],
    ])(
      'logs once that a location whose target names %s failed, and once that it no longer does',
      async (_, spec, text) => {
        const location = 'location:default/odd';
        await putLocation(location, { type: 'custom-data', ...spec });
        for (let i = 0; i < 3; i++) {
          await update();
        }
        expect(logger.warn).toHaveBeenCalledTimes(1);
        expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining(text));
        expect(logger.warn).toHaveBeenCalledWith(
          expect.stringContaining(`"${location}"`),
        );

        await knex('refresh_state').update({ errors: '[]' });
        await update();
        await update();

        expect(logger.info).toHaveBeenCalledTimes(1);
        expect(logger.info).toHaveBeenCalledWith(
          expect.stringContaining(`"${location}" no longer fails`),
        );
      },
    );

    it('finds errors of polled entities, of those of locations, and of locations', async () => {
      await put(['polled'], JSON.stringify([bad]));
      await put(['located', 'foreign'], JSON.stringify([bad]), false);
      await knex('custom_data_read_refs').insert({
        source: 'places',
        record_id: 'p',
        entity_ref: ref('located'),
      });
      await putLocation('location:default/l', {
        type: 'custom-data',
        target: 'registry/b',
      });

      await update();

      expect((await rows()).map(row => row.entity_ref)).toEqual([
        ref('located'),
        ref('polled'),
        'location:default/l',
      ]);
    });

    it('stores a bounded number of errors', async () => {
      const names = Array.from({ length: 2100 }, (_, i) => `n${i}`);
      await put(names, JSON.stringify([bad]));

      await Promise.all([update(), update()]);
      const first = await rows();
      await update();

      expect(first).toHaveLength(KEPT_PROBLEMS);
      expect(await rows()).toEqual(first);
    });

    it('looks up a conflict again that was reported before the run that gave the entity had ended', async () => {
      const { conflict, updateOnce, updateTwice } = await replica();
      await conflict(ref('a'), 'custom-data-registry', 'url:x');
      await conflict(ref('theirs'), 'url:y', 'url:x');
      await updateTwice();
      expect(await rows()).toEqual([]);

      await put(['a', 'theirs']);
      await updateOnce();

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
      [
        'the catalog has processed the claimant anew',
        { result_hash: 'next' },
        'x',
      ],
    ])('removes a conflict once %s', async (_, change, changed) => {
      const { conflict, updateTwice, updateOnce } = await replica();
      await put(['a']);
      await put(['x'], '[]', false);
      await knex('refresh_keys').insert({ entity_id: 'x', key: 'url:x' });
      await conflict(ref('a'), 'custom-data-registry', 'url:x');
      await updateTwice();
      clock.advance(7 * DAY);
      await updateOnce();
      expect(await rows()).toHaveLength(1);

      await knex('refresh_state').where({ entity_id: changed }).update(change);
      await updateOnce();

      expect(await rows()).toEqual([]);
    });

    it('keeps a conflict for a day if nothing is known of its claimant', async () => {
      const { conflict, updateTwice, updateOnce } = await replica();
      await put(['a']);
      await conflict(ref('a'), 'custom-data-registry', 'unheard-of:x');
      await updateTwice();
      clock.advance(DAY - 1000);
      await updateOnce();
      expect(await rows()).toHaveLength(1);

      clock.advance(2000);
      await updateOnce();

      expect(await rows()).toEqual([]);
    });

    it('stores a conflict between a location and a source of ours for both', async () => {
      const { conflict, updateTwice } = await replica();
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
      await updateTwice();

      expect(
        (await rows())
          .map(row => [row.source, row.record_id, row.severity])
          .sort(),
      ).toEqual([
        ['places', 'p/1', 'error'],
        ['registry', 'a', 'warning'],
      ]);
    });
  },
  knex => knex.migrate.latest({ directory: CATALOG_MIGRATIONS }),
);
