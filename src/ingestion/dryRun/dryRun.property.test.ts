import type { JsonObject } from '@backstage/types';
import fc from 'fast-check';
import type { Knex } from 'knex';
import type { SourceSettings } from '../../config/source';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { createRecordMapper } from '../../mapping/createRecordMapper';
import { createEntityValidator } from '../../validation/createEntityValidator';
import { connectSync } from '../__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  settingsOf,
} from '../__testUtils__/fakes';
import { decidePlan, readCurrentPlan } from '../database/planDecisions';

const HOUR = 3_600_000;
const signal = new AbortController().signal;
const source = 'registry';

const name = fc.constantFrom('n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7');

/** A record that may be renamed, share its name, be left out, or be invalid. */
const record = fc.record(
  {
    id: fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'),
    name: fc.oneof(
      { weight: 9, arbitrary: name },
      { weight: 1, arbitrary: fc.constant('no name') },
    ),
    owner: fc.constantFrom('x', 'y'),
    needs: fc.array(name, { maxLength: 2 }),
    off: fc.constantFrom(false, false, false, true),
  },
  { requiredKeys: ['id', 'name', 'needs'] },
);

const answer = fc.record({
  list: fc.uniqueArray(record, { selector: r => r.id, maxLength: 8 }),
  isWhole: fc.constantFrom(true, true, true, false),
  hasIds: fc.constantFrom(true, true, true, false),
});

type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

/** What happens before. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: answer.map(one => ({ type: 'poll' as const, one })),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'approve' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('lost' as const, 'taken' as const),
      name,
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const sourceSettings = fc.record({
  when: fc.constantFrom(undefined, '$not(off = true)'),
  cycles: fc.constantFrom('report', 'reject', 'ignore'),
  takeover: fc.boolean(),
  removals: fc.constantFrom(
    { maxRatio: 0.2, minCount: 1, keep: false },
    { maxRatio: 1, minCount: 1, keep: false },
  ),
  isDouble: fc.boolean(),
});

function toSettings({
  isDouble,
  ...given
}: typeof sourceSettings extends fc.Arbitrary<infer T>
  ? T
  : never): SourceSettings {
  const component = (suffix: string) => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name: `\${{ name }}${suffix}` },
    spec: {
      type: 'service',
      lifecycle: 'production',
      owner: '${{ owner }}',
      dependsOn: '${{ [needs.("component:" & $)] }}',
    },
  });
  const entity = isDouble ? [component(''), component('-b')] : [component('')];
  return settingsOf({ ...given, entity } as Partial<SourceSettings>);
}

/** A source, the catalog and the tables. */
class World {
  readonly catalog: FakeCatalog;
  readonly #source = new FakeSource();
  readonly #clock = new FakeClock();
  #sync;

  constructor(readonly knex: Knex, readonly settings: SourceSettings) {
    this.catalog = new FakeCatalog(knex);
    this.#sync = this.#start();
  }

  #start() {
    return connectSync({
      knex: this.knex,
      catalog: this.catalog,
      clock: this.#clock,
      settings: this.settings,
      source: this.#source,
      mapper: createRecordMapper(this.settings),
      validateEntity: createEntityValidator({
        ...this.settings,
        placeholders: [],
      }),
    });
  }

  async take(one: Step): Promise<void> {
    this.#clock.advance(2 * HOUR);
    switch (one.type) {
      case 'poll':
        return this.poll(one.one);
      case 'restart':
        this.#sync = this.#start();
        return undefined;
      case 'approve':
        return this.#approve();
      case 'lost':
        return this.catalog.lose(`component:default/${one.name}`);
      default:
        await this.catalog.lose(`component:default/${one.name}`);
        return this.catalog.give(`component:default/${one.name}`, 'other');
    }
  }

  #answer({ list, isWhole, hasIds }: Answer): void {
    const unidentified: JsonObject[] = hasIds ? [] : [{ name: 'n0' }];
    this.#source.answer = [...list, ...unidentified];
    this.#source.incomplete = isWhole ? undefined : 'it says so';
  }

  async poll(one: Answer): Promise<void> {
    this.#answer(one);
    await this.#sync.poll({ kind: 'poll', signal });
  }

  dryRun(one: Answer) {
    this.#clock.advance(2 * HOUR);
    this.#answer(one);
    return this.#sync.dryRun({ asks: true, limit: 500, signal });
  }

  async #approve(): Promise<void> {
    const of = { knex: this.knex, source, now: this.#clock.now() };
    const plan = await readCurrentPlan(of);
    if (plan) {
      const { hash } = plan;
      await decidePlan({ ...of, hash, decision: 'approved', by: 'somebody' });
    }
  }

  async tables(): Promise<string> {
    const tables: Array<{ name: string }> = await this.knex
      .select('name')
      .from(
        this.knex.client.config.client === 'pg'
          ? this.knex.raw(
              '(select tablename as name from pg_tables where schemaname = current_schema()) as t',
            )
          : this.knex.raw(
              "(select name from sqlite_master where type='table')",
            ),
      )
      .orderBy('name');
    const rows: unknown[] = [];
    for (const table of tables) {
      rows.push([table.name, await this.knex(table.name)]);
    }
    return JSON.stringify(rows);
  }

  /** The entities that the source gives, by ref. */
  async given(): Promise<Map<string, string>> {
    const rows = await this.knex('custom_data_contributions');
    return new Map(rows.map(row => [row.entity_ref, row.hash]));
  }

  async lastRun() {
    const row = await this.knex('custom_data_runs')
      .orderBy('started_at', 'desc')
      .first();
    return { ...row, counts: JSON.parse(row.counts) };
  }

  async problems(): Promise<string[]> {
    const rows = await this.knex('custom_data_problems').whereNot({
      code: 'owner-unknown',
    });
    return rows.map(row => `${row.severity} ${row.message}`).sort();
  }

  /** Those plans that hold something. */
  async plans(): Promise<Array<{ hash: string; refs: string[] }>> {
    const plans = await this.knex('custom_data_plans').whereIn('state', [
      'pending',
      'rejected',
    ]);
    const refs = await this.knex('custom_data_plan_refs');
    return plans.map(({ hash }) => ({
      hash,
      refs: refs
        .filter(row => row.hash === hash)
        .map(row => row.entity_ref)
        .sort(),
    }));
  }
}

describeTables('a dry run', tables => {
  it(`announces what the next run does with the same answer, and writes nothing, on ${tables.databaseId}`, async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(
        sourceSettings,
        fc.array(step, { maxLength: 6 }),
        answer,
        async (given, steps, next) => {
          const world = new World(await tables.empty(), toSettings(given));
          for (const one of steps) {
            await world.take(one);
          }
          const before = await world.given();
          const rows = await world.tables();
          const announced = await world.dryRun(next);
          expect(await world.tables()).toBe(rows);

          await world.poll(next);
          const after = await world.given();
          const refs = (items: Array<{ entityRef: string }>) =>
            items.map(item => item.entityRef);
          const { added, changed, renamed, removed } = announced;
          expect({
            added: [...refs(added.items), ...refs(renamed.items)].sort(),
            changed: refs(changed.items),
            removed: [
              ...refs(removed.items),
              ...renamed.items.map(({ from }) => from),
            ].sort(),
          }).toEqual({
            added: [...after.keys()].filter(ref => !before.has(ref)).sort(),
            changed: [...after]
              .filter(([ref, hash]) => (before.get(ref) ?? hash) !== hash)
              .map(([ref]) => ref)
              .sort(),
            removed: [...before.keys()].filter(ref => !after.has(ref)).sort(),
          });
          expect(announced.counts).toMatchObject(
            (await world.lastRun()).counts,
          );
          const { counts } = announced;
          expect(counts.entities).toBe(after.size);
          const passed = counts.passed ?? counts.records;
          // A record that waits is not counted as invalid, whatever it gives.
          expect(
            counts.held > 0 ? passed : counts.mapped + counts.invalid,
          ).toBe(passed);
          expect(
            announced.problems.items
              .map(problem => `${problem.severity} ${problem.message}`)
              .sort(),
          ).toEqual(await world.problems());
          const { plan, held, incomplete } = announced;
          const plans = await world.plans();
          const known = plan && {
            hash: plan.hash,
            refs: refs(held.items).sort(),
          };
          // An incomplete list ends no plan.
          const others = incomplete
            ? []
            : plans.filter(({ hash }) => hash !== plan?.hash);
          expect([known, ...others]).toEqual([
            plans.find(({ hash }) => hash === plan?.hash),
          ]);
        },
      ),
      { numRuns: tables.databaseId === 'SQLITE_3' ? 50 : 5 },
    );
  });
});
