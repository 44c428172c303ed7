import type { SourceSettings } from '../../config/source';
import { beforeQueries } from '../../database/__testUtils__/beforeQueries';
import { describeSource } from '../__testUtils__/describeSource';
import { service, services } from '../__testUtils__/fakes';
import type { SourceSync } from '../SourceSync';
import { replaceFindings } from '../database/findings';
import { addSource } from '../database/runs';
import { attentionOf, reportSource } from './attention';
import { decideOnPlan, showPlan } from './plans';
import { readSourceReadings } from './sourceReadings';
import { listKnownSources, type SourcesContext } from './sources';

const broken = (id: string) => ({ ...service(id), broken: true });

describeSource('what is measured of sources', world => {
  let startedAt: Date;

  beforeEach(() => {
    startedAt = world.clock.now();
  });

  const contextOf = (
    ...syncs: SourceSync[]
  ): SourcesContext & { startedAt: Date } => ({
    startedAt,
    knex: world.knex,
    syncs: new Map(syncs.map(sync => [sync.settings.name, sync])),
    misconfigured: new Map([['wrong', 'url: is missing']]),
    connectionOf: () => world.catalog,
    logger: world.logger,
    now: world.clock.now,
    shutdown: new AbortController().signal,
  });

  /** The readings, by gauge and labels but for the source `registry`. */
  const read = async (...syncs: SourceSync[]) => {
    const readings = await readSourceReadings(contextOf(...syncs));
    return Object.fromEntries(
      readings.map(({ gauge, value, labels }) => [
        [gauge, ...Object.values(labels)]
          .filter(text => text !== 'registry')
          .join(' ')
          .replace('custom_data_', ''),
        value,
      ]),
    );
  };

  it('says what the tables hold, and how long ago a run succeeded', async () => {
    const sync = world.start();
    await world.poll(sync, [...services(10), broken('b')]);
    await world.poll(sync, [...services(5), broken('b')]);
    world.clock.advance(90_000);
    expect(await read(sync)).toEqual({
      'sources_attention wrong misconfigured': 1,
      'sources_attention plan-held': 1,
      source_success_age_seconds: 90,
      source_poll_interval_seconds: 900,
      source_backoff_seconds: 0,
      source_failures: 0,
      'source_poll_interval_seconds wrong': 0,
      'source_backoff_seconds wrong': 0,
      'source_failures wrong': 0,
      'records seen': 5,
      'records missing': 5,
      'records invalid': 1,
      entities: 10,
      'problems expression-failed error': 1,
      'held removed': 5,
      'held changed': 0,
    });
  });

  it('says for how long a source that fails is left alone', async () => {
    const sync = world.start();
    await world.poll(sync, services(1));
    world.source.answer = new Error('down');
    await expect(world.poll(sync)).rejects.toThrow('down');
    const readings = await read(sync);
    expect(readings).toMatchObject({
      'sources_attention failing': 1,
      source_failures: 1,
      source_success_age_seconds: 60,
    });
    expect(readings.source_backoff_seconds).toBeGreaterThan(0);
  });

  it.each([
    ['paused over the API', {}, 0],
    ['paused by its key', { paused: true }, 0],
    ['only serves locations', { poll: false }, 0],
    [
      'is polled on request',
      { schedule: { frequency: { trigger: 'manual' }, timeout: {} } },
      0,
    ],
    [
      'has a cron',
      { schedule: { frequency: { cron: '0 */2 * * *' }, timeout: {} } },
      7200,
    ],
  ] as Array<[string, Partial<SourceSettings>, number]>)(
    'gives no interval to a source that is not polled by a schedule: one that %s',
    async (how, settings, interval) => {
      const sync = world.start(settings);
      await world.poll(sync, services(1));
      if (how.endsWith('API')) {
        await world.pause();
      }
      expect(await read(sync)).toMatchObject({
        source_poll_interval_seconds: interval,
      });
    },
  );

  /** Has a source in the tables that gave two entities. */
  const hasEntities = async (source: string) => {
    await addSource(world.knex, source);
    for (const name of ['a', 'b']) {
      const row = { source, entity_ref: `component:${source}/${name}` };
      await world
        .knex('custom_data_entities')
        .insert({ ...row, hash: '', applied_at: '' });
      await world.knex('custom_data_contributions').insert({
        ...row,
        record_id: name,
        role: 'base',
        entity: '{}',
        hash: '',
        run_id: '',
      });
    }
  };

  it('counts what is held of sources that are no longer configured or polled, until that is rejected', async () => {
    await hasEntities('gone');
    await hasEntities('unpolled');
    const context = contextOf(world.start({ name: 'unpolled', poll: false }));
    const held = async () =>
      (await readSourceReadings(context))
        .filter(({ labels }) => labels.change ?? labels.code === 'plan-held')
        .map(({ labels, value }) => [...Object.values(labels), value]);
    expect(await held()).toEqual([
      ['gone', 'plan-held', 1],
      ['unpolled', 'plan-held', 1],
      ['gone', 'removed', 2],
      ['unpolled', 'removed', 2],
    ]);
    for (const known of await listKnownSources(context)) {
      if (known.type !== 'misconfigured') {
        const { plan } = await showPlan(context, known, { limit: 1 });
        await decideOnPlan(context, known, {
          hash: plan!.hash,
          decision: 'rejected',
          by: 'user:default/guest',
        });
      }
    }
    expect(await held()).toEqual([
      ['gone', 'removed', 0],
      ['unpolled', 'removed', 0],
    ]);
  });

  it('names no source that only the target of a location names', async () => {
    await replaceFindings({
      knex: world.knex,
      before: [],
      after: ['registry', 'made-up'].map(source => ({
        code: 'location-failed',
        severity: 'error',
        source,
        entityRef: `location:default/${source}`,
        message: 'failed',
      })),
      now: world.clock.now(),
    });
    const readings = await read(world.start());
    expect(readings).toMatchObject({ 'problems location-failed error': 1 });
    expect(Object.keys(readings).join()).not.toContain('made-up');
  });

  it('gives the age of one that never succeeded from its first run, and before that from the start of the process', async () => {
    const sync = world.start();
    world.clock.advance(30_000);
    const unpolled = world.start({ name: 'unpolled', poll: false });
    expect(await read(sync, unpolled)).toMatchObject({
      source_success_age_seconds: 30,
    });
    expect(await read(unpolled)).not.toHaveProperty([
      'source_success_age_seconds unpolled',
    ]);
    world.source.answer = new Error('down');
    await expect(world.poll(sync)).rejects.toThrow('down');
    world.clock.advance(20_000);
    startedAt = world.clock.now();
    expect(await read(sync)).toMatchObject({ source_success_age_seconds: 20 });
  });

  it('says of each source what GET /sources says, with as many statements for many as for one', async () => {
    const sync = world.start();
    await world.poll(sync, [broken('b')]);
    const statements = async (context: ReturnType<typeof contextOf>) => {
      let count = 0;
      const restore = beforeQueries(world.knex, () => void count++);
      await readSourceReadings(context).finally(restore);
      return count;
    };
    const one = await statements(contextOf(sync));
    const others = ['b', 'c', 'd'].map(name =>
      world.start({ name, poll: name === 'b' }),
    );
    await hasEntities('d');
    await hasEntities('gone');
    expect(await statements(contextOf(sync, ...others))).toBe(one);
    expect(one).toBe(10);

    const context = contextOf(sync, ...others);
    const expected = [];
    for (const known of await listKnownSources(context)) {
      const report = await reportSource(context, known);
      expected.push(
        ...attentionOf(report).map(({ code }) => `${known.name} ${code}`),
      );
    }
    const readings = await readSourceReadings(context);
    expect(
      readings
        .filter(({ gauge }) => gauge === 'custom_data_sources_attention')
        .map(({ labels }) => `${labels.source} ${labels.code}`),
    ).toEqual(expected);
    expect(expected).toEqual([
      'd plan-held',
      'gone plan-held',
      'registry all-records-invalid',
      'wrong misconfigured',
    ]);
  });
});
