import { mockCredentials } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { settingsOf } from '../ingestion/__testUtils__/fakes';
import { createRefresher } from './createRefresher';

const signal = new AbortController().signal;
const REF = 'component:default/a';

describeSqlite('createRefresher', tables => {
  let knex: Knex;
  let calls: string[];
  let connected: boolean;

  beforeEach(() => {
    knex = tables.knex;
    calls = [];
    connected = true;
  });

  const start = (
    options: {
      poll?: boolean;
      result?: 'synced' | 'not-found';
      isListOnly?: boolean;
    } = {},
  ) => {
    const { poll = true, result = 'synced', isListOnly = false } = options;
    const sync = {
      settings: settingsOf({ poll }),
      isListOnly,
      requestList: async () => {
        calls.push('list');
      },
      syncRecord: async ({ recordId }: { recordId: string }) => {
        calls.push(`sync ${recordId}`);
        return result;
      },
    };
    const connection = {
      refresh: async ({ keys }: { keys: string[] }) => {
        calls.push(`refresh ${keys}`);
      },
    };
    return createRefresher({
      knex,
      sources: new Map([['registry', sync]]),
      connection: () => (connected ? connection : undefined),
      catalog: {
        refreshEntity: async ref => {
          calls.push(`foreign ${ref}`);
        },
      },
      credentials: async () => mockCredentials.service(),
      now: () => new Date(0),
    });
  };

  const owned = (locationKey: string | null) =>
    knex('refresh_state').insert({
      entity_ref: REF,
      location_key: locationKey,
    });
  async function polled(recordId: string) {
    const given = { source: 'registry', entity_ref: REF, hash: '' };
    await knex('custom_data_entities').insert({ ...given, applied_at: '' });
    await knex('custom_data_contributions').insert({
      ...given,
      record_id: recordId,
      role: 'base',
      entity: '{}',
      run_id: '',
    });
  }
  async function readByLocation(recordId: string) {
    const key = { source: 'registry', record_id: recordId };
    await knex('custom_data_read_refs').insert({ ...key, entity_ref: REF });
    await knex('custom_data_read_state').insert({ ...key, fingerprint: '' });
  }

  it('fetches the record that gave an entity, and asks nobody else', async () => {
    await polled('1');
    await owned('custom-data-registry');

    await expect(
      start().refreshEntity({ entityRef: REF, signal }),
    ).resolves.toBe('refreshed');
    expect(calls).toEqual(['sync 1']);
  });

  it('fetches the given record, for an entity that is not known yet', async () => {
    const record = { source: 'registry', recordId: 'new' };

    await expect(
      start().refreshEntity({ entityRef: REF, record, signal }),
    ).resolves.toBe('refreshed');
    expect(calls).toEqual(['sync new']);
  });

  it('asks for the list of a source that gives no single records', async () => {
    const record = { source: 'registry', recordId: 'new' };

    await expect(
      start({ isListOnly: true }).refreshEntity({
        entityRef: REF,
        record,
        signal,
      }),
    ).resolves.toBe('refreshed');
    expect(calls).toEqual(['list']);
  });

  it('marks what a location read as stale, and has the location processed', async () => {
    await readByLocation('1');
    await owned('custom-data:registry/1');

    await expect(
      start().refreshEntity({ entityRef: REF, signal }),
    ).resolves.toBe('refreshed');

    expect(calls).toEqual(['refresh custom-data-record:registry/1']);
    await expect(
      knex('custom_data_read_state').pluck('invalidated_at'),
    ).resolves.toEqual(['1970-01-01T00:00:00.000Z']);
  });

  it.each(['url:https://git.example.com/a.yaml', null])(
    'has the catalog refresh an entity of %p',
    async owner => {
      await owned(owner);

      await expect(
        start().refreshEntity({ entityRef: REF, signal }),
      ).resolves.toBe('refreshed');
      expect(calls).toEqual([`foreign ${REF}`]);
    },
  );

  it('does not poll a source that only serves locations', async () => {
    await polled('1');

    await start({ poll: false }).refreshEntity({ entityRef: REF, signal });

    expect(calls).toEqual([]);
  });

  it('does not take a read of a location for an entity that exists', async () => {
    await readByLocation('1');

    await expect(
      start().refreshEntity({ entityRef: REF, signal }),
    ).resolves.toBe('unknown');
  });

  it('says that an entity is unknown', async () => {
    const record = { source: 'registry', recordId: 'x' };

    await expect(
      start({ result: 'not-found' }).refreshEntity({
        entityRef: REF,
        record,
        signal,
      }),
    ).resolves.toBe('unknown');
  });

  it('asks for a retry while the catalog is not connected', async () => {
    connected = false;
    await expect(start().refreshKeys(['k'])).rejects.toThrow('not connected');

    connected = true;
    await expect(start().refreshKeys(['k'])).resolves.toBeUndefined();
  });
});
