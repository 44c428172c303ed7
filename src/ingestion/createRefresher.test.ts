import type { SourceSync } from './SourceSync';
import { settingsOf } from './__testUtils__/fakes';
import { createRefresher } from './createRefresher';
import type { ReadStateStore, SyncStore } from './database/SyncStore';

const signal = new AbortController().signal;
const REF = 'component:default/a';

function setup(options: {
  polled?: string[];
  read?: string[];
  owner?: string | null;
  poll?: boolean;
  result?: 'synced' | 'not-found';
}) {
  const { polled = [], read = [], poll = true, result = 'synced' } = options;
  const calls: string[] = [];
  const record = (recordId: string) => ({ source: 'registry', recordId });
  const refresher = createRefresher({
    sources: new Map([
      [
        'registry',
        {
          settings: settingsOf({ poll }),
          syncRecord: async ({ recordId }: { recordId: string }) => {
            calls.push(`sync ${recordId}`);
            return result;
          },
        } as unknown as SourceSync,
      ],
    ]),
    store: {
      recordsOf: async () => polled.map(record),
    } as unknown as SyncStore,
    reads: {
      recordsOf: async () => read.map(record),
      invalidate: async (_source: string, recordId: string) => {
        calls.push(`invalidate ${recordId}`);
        return true;
      },
    } as unknown as ReadStateStore,
    registry: {
      countOf: async () => 0,
      refsOf: async () => [],
      locationKeys: async () =>
        new Map(options.owner === undefined ? [] : [[REF, options.owner]]),
    },
    connection: () => ({
      refresh: async ({ keys }) => {
        calls.push(`refresh ${keys}`);
      },
    }),
    refreshForeign: async ref => {
      calls.push(`foreign ${ref}`);
    },
    now: () => new Date(0),
  });
  return { calls, refresher };
}

describe('createRefresher', () => {
  it('fetches the record that gave an entity, and asks nobody else', async () => {
    const { refresher, calls } = setup({
      polled: ['1'],
      owner: 'custom-data-registry',
    });

    await expect(
      refresher.refreshEntity({ entityRef: REF, signal }),
    ).resolves.toBe('refreshed');
    expect(calls).toEqual(['sync 1']);
  });

  it('fetches the record that it is told to, for an entity not known yet', async () => {
    const { refresher, calls } = setup({});

    await expect(
      refresher.refreshEntity({
        entityRef: REF,
        record: { source: 'registry', recordId: 'new' },
        signal,
      }),
    ).resolves.toBe('refreshed');
    expect(calls).toEqual(['sync new']);
  });

  it('marks what a location read before it has that processed', async () => {
    const { refresher, calls } = setup({
      read: ['1'],
      owner: 'custom-data:registry/1',
    });

    await expect(
      refresher.refreshEntity({ entityRef: REF, signal }),
    ).resolves.toBe('refreshed');

    expect(calls).toEqual([
      'invalidate 1',
      'refresh custom-data-record:registry/1',
    ]);
  });

  it.each(['url:https://git.example.com/a.yaml', null])(
    'has the catalog refresh an entity of %p',
    async owner => {
      const { refresher, calls } = setup({ owner });

      await expect(
        refresher.refreshEntity({ entityRef: REF, signal }),
      ).resolves.toBe('refreshed');
      expect(calls).toEqual([`foreign ${REF}`]);
    },
  );

  it('does not poll a source that is only read', async () => {
    const { refresher, calls } = setup({ polled: ['1'], poll: false });

    await refresher.refreshEntity({ entityRef: REF, signal });

    expect(calls).toEqual([]);
  });

  it('does not take what a location once read for an entity that there is', async () => {
    const { refresher } = setup({ read: ['1'] });

    await expect(
      refresher.refreshEntity({ entityRef: REF, signal }),
    ).resolves.toBe('unknown');
  });

  it('says where nobody knows the entity', async () => {
    const { refresher } = setup({ result: 'not-found' });

    await expect(
      refresher.refreshEntity({
        entityRef: REF,
        record: { source: 'registry', recordId: 'x' },
        signal,
      }),
    ).resolves.toBe('unknown');
  });

  it('asks for another try while the catalog is not connected', async () => {
    const { refresher } = setup({});
    const unconnected = createRefresher({
      ...({} as Parameters<typeof createRefresher>[0]),
      connection: () => undefined,
    });

    await expect(unconnected.refreshKeys(['k'])).rejects.toThrow(
      'not connected',
    );
    await expect(refresher.refreshKeys(['k'])).resolves.toBeUndefined();
  });
});
