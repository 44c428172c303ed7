import type { JsonObject } from '@backstage/types';
import type { SourceSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import { createRecordMapper } from '../../mapping/createRecordMapper';
import { createEntityValidator } from '../../validation/createEntityValidator';
import type { SourceSync } from '../SourceSync';
import { describeSource } from '../__testUtils__/describeSource';
import { settingsOf } from '../__testUtils__/fakes';
import { postponeSource, readSourceState } from '../database/runs';
import { explainEntity } from './explainEntity';

const MINUTE = 60_000;
const signal = new AbortController().signal;

const template = (kind: string, name: string): JsonObject => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name },
  spec: {
    type: 'service',
    lifecycle: 'production',
    owner: 'group:${{ owner }}',
    ...(kind === 'API' && { definition: 'none' }),
  },
});

describeSource('explainEntity', world => {
  let explain: (ref: string) => Promise<any>;
  let sync: SourceSync;

  const poll = (records: JsonObject[]) => world.poll(sync, records);

  /** Polls `records` once, of which each gives a component and an API. */
  async function start(
    records: JsonObject[],
    more: Partial<SourceSettings> = {},
  ) {
    const settings = settingsOf({
      kinds: ['Component', 'API'],
      entity: [
        template('Component', '${{ id }}'),
        template('API', '${{ id }}-api'),
      ],
      ...more,
    });
    const parts = {
      mapper: createRecordMapper(settings),
      validateEntity: createEntityValidator(settings),
    };
    sync = world.start(settings, parts);
    await poll(records);
    const { knex, source, clock } = world;
    records.forEach(r => source.records.set(r.id as string, r));
    const context = {
      knex,
      sources: new Map([['registry', { ...parts, settings, source }]]),
      now: clock.now,
      shutdown: signal,
    };
    explain = ref => explainEntity(context, ref);
  }

  const paths = (answer: any) => answer.fields.map((f: any) => f.path);
  const record = (more: object = {}) => ({ id: 'a', owner: 'team', ...more });

  it('explains the fields of the template that gave the ref', async () => {
    await start([record()], {
      entity: ['${{ id }}', '${{ id }}-api', '${{ id }}-${{ owner }}'].map(
        name => template('API', name),
      ),
    });
    const [run] = await world.knex('custom_data_runs');

    const answer = await explain('api:default/a-api');

    expect(answer).toEqual({
      entityRef: 'api:default/a-api',
      source: 'registry',
      recordId: 'a',
      via: 'poll',
      locationKey: 'custom-data-registry',
      run: expect.objectContaining({ id: run.run_id, outcome: 'applied' }),
      appliedAt: run.ended_at,
      recordState: 'seen',
      observedAt: run.started_at,
      record: { state: 'current' },
      mapping: { type: 'template' },
      fields: [
        expect.objectContaining({
          path: 'metadata.name',
          expression: '${{ id }}-api',
          reads: [{ path: 'id', value: 'a' }],
        }),
        expect.objectContaining({
          path: 'spec.owner',
          expression: 'group:${{ owner }}',
          reads: [{ path: 'owner', value: 'team' }],
        }),
      ],
      problems: [],
    });
    await expect(explain('component:default/x')).resolves.toBe(undefined);
  });

  it('shows the owner that the entity gets by the key `owners`', async () => {
    await start([record()], {
      entity: [template('API', '${{ id }}')],
      owners: { team: 'group:default/crew' },
    });

    const answer = await explain('api:default/a');

    expect((answer as any).fields).toContainEqual({
      path: 'spec.owner',
      expression: 'group:${{ owner }}',
      reads: [{ path: 'owner', value: 'team' }],
      value: 'group:default/crew',
    });
  });

  it('tells a record that has changed from one that has not', async () => {
    await start([record()]);
    // What was observed twice is known by its hash.
    await poll([record({ seenAt: 'yesterday' })]);
    const reordered = { seenAt: 'yesterday', owner: 'team', id: 'a' };
    const withWhatNoEntityShows = record({ seenAt: 'today' });
    for (const other of [reordered, withWhatNoEntityShows]) {
      world.source.records.set('a', other);
      expect((await explain('component:default/a')).record).toEqual({
        state: 'current',
      });
    }
    world.source.records.set('a', record({ owner: 'other' }));
    expect((await explain('component:default/a')).record).toEqual({
      state: 'changed',
    });
    world.source.records.set('a', record({ owner: 'not a ref!' }));
    expect((await explain('component:default/a')).record.state).toBe('changed');
  });

  it('shows the last good entity of an invalid record, and its problems', async () => {
    await start([record()]);
    const bad = record({ owner: 7, id: 'a' });
    (bad as any).owner = { nested: true };
    await poll([bad]);
    world.source.records.set('a', bad);

    const answer = await explain('component:default/a');

    expect(answer).toMatchObject({
      recordState: 'invalid',
      record: {
        state: 'changed',
        reason: expect.stringContaining('no valid entity now'),
      },
    });
    expect(answer.problems.length).toBeGreaterThan(0);
    expect(paths(answer)).toEqual(['metadata.name', 'spec.owner']);
  });

  it.each([
    [
      'is down',
      async () =>
        world.source.records.set(
          'a',
          new SourceError('it is down', { code: 'network' }),
        ),
      'it is down',
      1,
    ],
    [
      'no longer has the record',
      async () => world.source.records.delete('a'),
      'no record "a"',
      1,
    ],
    [
      'answers with another record',
      async () => world.source.records.set('a', { id: 'b' }),
      'asked for record "a" and answered with "b"',
      1,
    ],
    ['is paused', world.pause, 'paused', 0],
    [
      'backs off',
      async () =>
        postponeSource({
          knex: world.knex,
          source: 'registry',
          retryAt: world.clock.after(MINUTE),
        }),
      'backs off until',
      0,
    ],
  ])(
    'shows the expressions without values while the source %s',
    async (_, happen, reason, asked) => {
      await start([record()]);
      await happen();
      const before = world.source.asked.length;

      const answer = await explain('component:default/a');

      expect(answer.record).toEqual({
        state: 'unavailable',
        reason: expect.stringContaining(reason),
      });
      expect(answer.fields).toEqual([
        {
          path: 'metadata.name',
          expression: '${{ id }}',
          reads: [{ path: 'id' }],
        },
        {
          path: 'spec.owner',
          expression: 'group:${{ owner }}',
          reads: [{ path: 'owner' }],
        },
      ]);
      expect(world.source.asked.length - before).toBe(asked);
    },
  );

  it('reports the record as unavailable if fetching and mapping it does not end', async () => {
    await start([record()]);
    const limit = new AbortController();
    jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    world.source.read = () => {
      limit.abort();
      return new Promise(() => undefined);
    };

    await expect(explain('component:default/a')).resolves.toMatchObject({
      recordId: 'a',
      record: {
        state: 'unavailable',
        reason: 'The record was not fetched and mapped within 60 s',
      },
      fields: [],
    });
  });

  it('postpones the whole source when the API asks for that', async () => {
    await start([record()]);
    world.source.records.set(
      'a',
      new SourceError('too many', { code: 'status', retryAfterMs: MINUTE }),
    );
    await explain('component:default/a');

    const { retryAt } = await readSourceState({
      knex: world.knex,
      source: 'registry',
    });

    expect(retryAt).toEqual(world.clock.after(MINUTE));
  });
});
