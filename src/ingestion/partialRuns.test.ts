import {
  CLOSING_A_RUN,
  failStatements,
} from '../database/__testUtils__/failStatements';
import type { SourceSync } from './SourceSync';
import { describeSource } from './__testUtils__/describeSource';
import { service } from './__testUtils__/fakes';
import { forgetList } from './database/planDecisions';

const MINUTE = 60_000;

describeSource('a run that does not reach its end', world => {
  const { start, poll } = world;

  const list = (etag: string, ...records: ReturnType<typeof service>[]) => {
    world.source.answer = records;
    world.source.etag = etag;
  };

  async function assertRepaired(replica: SourceSync): Promise<void> {
    expect(world.catalog.names()).toEqual(['a', 'b']);
    list('"1"', service('a'));
    await poll(replica);
    expect(world.catalog.names()).toEqual(['a']);
    expect(world.ownerOf('a')).toBe('team');

    await poll(replica);
    expect(world.source.asked.at(-1)).toEqual({ etag: '"1"' });
  }

  it('is undone where the list is as before, although its ETag has not changed', async () => {
    const replica = start();
    list('"1"', service('a'));
    await poll(replica);

    list('"2"', service('a', 'others'), service('b'));
    const repair = failStatements(world.knex, CLOSING_A_RUN);
    await expect(poll(start())).rejects.toThrow('The database failed');
    repair();
    await assertRepaired(replica);
  });

  it('is undone where it failed after the catalog took a part', async () => {
    const replica = start();
    list('"1"', service('a'));
    await poll(replica);

    list('"2"', service('a', 'others'), service('b'));
    const apply = world.catalog.applyMutation.bind(world.catalog);
    jest
      .spyOn(world.catalog, 'applyMutation')
      .mockImplementationOnce(async mutation => {
        await apply(mutation);
        throw new Error('no answer');
      });
    await expect(poll(replica)).rejects.toThrow('no answer');
    await assertRepaired(replica);
  });

  it('keeps the validators where it applied nothing', async () => {
    const replica = start();
    list('"1"', service('a'));
    await poll(replica);
    world.source.answer = new Error('no network');
    await expect(poll(replica)).rejects.toThrow('no network');
    list('"1"', service('a'));
    await poll(replica);
    expect(world.source.asked.at(-1)).toEqual({ etag: '"1"' });
  });

  it('ends when its time is up, although a mutation hangs', async () => {
    const stop = new AbortController();
    const sync = start();
    list('"1"', service('a'));
    jest.spyOn(world.catalog, 'applyMutation').mockImplementationOnce(() => {
      world.clock.advance(5 * MINUTE);
      stop.abort(new Error('time is up'));
      return new Promise(() => undefined);
    });
    await expect(
      sync.poll({ kind: 'poll', signal: stop.signal }),
    ).rejects.toThrow('did not end within schedule.timeout (300 s)');
    await expect(
      world.knex('custom_data_runs').pluck('outcome'),
    ).resolves.toEqual(['failed']);
    await poll(sync);
    expect(world.catalog.names()).toEqual(['a']);
  });

  it.each([
    ['reconcile', 10, 'failed'],
    ['reconcile', 6, 'abandoned'],
    ['poll', 6, 'failed'],
    ['poll', 4, 'abandoned'],
  ] as const)(
    'of kind %s that is stopped after %d minutes has %s',
    async (kind, minutes, outcome) => {
      const stop = new AbortController();
      const { reconcile } = start().settings;
      const sync = start({
        reconcile: { ...reconcile, timeout: { minutes: 10 } },
      });
      world.source.list = async () => {
        world.clock.advance(minutes * MINUTE);
        stop.abort();
        throw stop.signal.reason;
      };
      await expect(sync.poll({ kind, signal: stop.signal })).rejects.toThrow(
        outcome === 'abandoned'
          ? 'aborted'
          : `Source "registry" did not end within ${
              kind === 'poll'
                ? 'schedule.timeout (300 s)'
                : 'reconcile.timeout (600 s)'
            } while reading the list`,
      );
      await expect(
        world.knex('custom_data_runs').pluck('outcome'),
      ).resolves.toEqual([outcome]);
    },
  );

  it('leaves no open plan once its list is forgotten', async () => {
    const sync = start({ removals: { maxRatio: 0, minCount: 0, keep: false } });
    list('"1"', service('a'), service('b'));
    await poll(sync);
    list('"2"', service('a'));
    await poll(sync);
    await expect(world.planStates()).resolves.toEqual(['pending']);
    await forgetList({ knex: world.knex, source: 'registry' });
    await expect(world.planStates()).resolves.toEqual(['void']);
  });
});
