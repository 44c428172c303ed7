import type { Entity } from '@backstage/catalog-model';
import type { CatalogProcessorResult } from '@backstage/plugin-catalog-node';
import { settingsOf } from '../ingestion/__testUtils__/fakes';
import type { RecordReader } from '../locations/RecordReader';
import { parseTarget } from '../lib/keys';
import { CustomDataProcessor } from './CustomDataProcessor';

const component: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'a' },
};

function setup(options: { allow?: string[]; failing?: string[] } = {}) {
  const { allow = ['custom-data:*', 'file:*'], failing = [] } = options;
  const asked: string[] = [];
  const reader = {
    settings: settingsOf({ locations: { allow } }),
    read: async (recordId: string) => {
      asked.push(recordId);
      if (failing.includes(recordId)) {
        throw new Error(`record "${recordId}" cannot be read`);
      }
      return [component];
    },
  } as unknown as RecordReader;
  const processor = new CustomDataProcessor({
    readers: new Map([['registry', reader]]),
    misconfigured: new Map([['broken', 'headers: must not be empty']]),
  });

  const process = async (
    spec: object,
    origin: string = 'custom-data:registry/a',
  ) => {
    const emitted: CatalogProcessorResult[] = [];
    const location = {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Location',
      metadata: {
        name: 'l',
        annotations: { 'backstage.io/managed-by-origin-location': origin },
      },
      spec,
    } as Entity;
    const result = await processor.postProcessEntity(
      location,
      { type: 'file', target: '/x' },
      item => emitted.push(item),
    );
    expect(result).toBe(location);
    return emitted;
  };
  return { processor, process, asked };
}

describe('CustomDataProcessor', () => {
  it('emits the entities of a record, with a refresh key', async () => {
    const { process } = setup();

    await expect(
      process({ type: 'custom-data', target: 'registry/a' }),
    ).resolves.toEqual([
      { type: 'refresh', key: 'custom-data-record:registry/a' },
      expect.objectContaining({
        type: 'entity',
        entity: component,
        location: { type: 'custom-data', target: 'registry/a' },
      }),
    ]);
  });

  it('makes a child location of each of several targets, and reads none itself', async () => {
    const { process, asked } = setup();

    const emitted = await process(
      { type: 'custom-data', targets: ['registry/a', 'registry/b'] },
      'file:/locations.yaml',
    );

    expect(emitted).toEqual([
      expect.objectContaining({
        location: { type: 'custom-data', target: 'registry/a' },
        entity: expect.objectContaining({
          kind: 'Location',
          spec: { type: 'custom-data', target: 'registry/a' },
        }),
      }),
      expect.objectContaining({
        entity: expect.objectContaining({
          spec: { type: 'custom-data', target: 'registry/b' },
        }),
      }),
    ]);
    expect(asked).toEqual([]);
  });

  it('names children by origin too, so that nobody takes over those of another', async () => {
    const { process } = setup();
    const spec = { type: 'custom-data', targets: ['registry/a', 'registry/b'] };
    const names = async (origin: string) =>
      (await process(spec, origin)).map(item =>
        item.type === 'entity' ? item.entity.metadata.name : undefined,
      );

    const mine = await names('file:/mine.yaml');
    const theirs = await names('file:/theirs.yaml');

    expect(new Set([...mine, ...theirs]).size).toBe(4);
    expect(await names('file:/mine.yaml')).toEqual(mine);
  });

  it('shows a failed read as an error, so that the catalog keeps what it has', async () => {
    const { process } = setup({ failing: ['a'] });

    const emitted = await process({
      type: 'custom-data',
      target: 'registry/a',
    });

    expect(emitted).toContainEqual(
      expect.objectContaining({
        type: 'error',
        error: expect.objectContaining({
          message: expect.stringContaining('record "a" cannot be read'),
        }),
      }),
    );
    expect(emitted.map(item => item.type)).not.toContain('entity');
  });

  it.each([
    [
      'an origin that is not allowed',
      'registry/a',
      'url:https://evil.invalid/x',
    ],
    ['an unknown source', 'nowhere/a', 'custom-data:nowhere/a'],
  ])(
    'gives nothing to %s, and says which key decides',
    async (_, target, origin) => {
      const { process, asked } = setup();

      const emitted = await process({ type: 'custom-data', target }, origin);

      expect(emitted).toEqual([
        expect.objectContaining({
          type: 'error',
          error: expect.objectContaining({
            message: expect.stringContaining('locations.allow'),
          }),
        }),
      ]);
      expect(asked).toEqual([]);
    },
  );

  it.each([
    [{ type: 'custom-data' }],
    [{ type: 'custom-data', target: '' }],
    [{ type: 'custom-data', targets: [] }],
  ])(
    'shows %j, which has no target, as an error, so that the catalog keeps what it has',
    async spec => {
      const { process } = setup();

      await expect(process(spec)).resolves.toEqual([
        expect.objectContaining({
          type: 'error',
          error: expect.objectContaining({
            message: expect.stringContaining('<source>/<record id>'),
          }),
        }),
      ]);
    },
  );

  it('gives none of its records away by default', async () => {
    const { process, asked } = setup({ allow: [] });

    await process({ type: 'custom-data', target: 'registry/a' });

    expect(asked).toEqual([]);
  });

  it('says why a misconfigured source gives nothing', async () => {
    const { process } = setup();

    await expect(
      process({ type: 'custom-data', target: 'broken/a' }),
    ).resolves.toEqual([
      expect.objectContaining({
        error: expect.objectContaining({
          message: expect.stringContaining('headers: must not be empty'),
        }),
      }),
    ]);
  });

  it('leaves other locations and entities to others', async () => {
    const { process, processor } = setup();

    await expect(
      process({ type: 'url', target: 'https://x' }),
    ).resolves.toEqual([]);
    await expect(
      processor.postProcessEntity(
        component,
        { type: 'url', target: 'x' },
        () => {
          throw new Error('emitted');
        },
      ),
    ).resolves.toBe(component);
    await expect(
      processor.readLocation({ type: 'url', target: 'https://x' }),
    ).resolves.toBe(false);
  });
});

describe('parseTarget', () => {
  it.each([
    ['registry/payments-api', 'registry', 'payments-api'],
    ['my-registry/team/repo', 'my-registry', 'team/repo'],
  ])('parses %p', (target, source, recordId) => {
    expect(parseTarget(target)).toEqual({ source, recordId });
  });

  it.each([
    '',
    'registry',
    'registry/',
    '/payments-api',
    'Registry/x',
    'https://x/y',
  ])('refuses %p', target => {
    expect(parseTarget(target)).toBeUndefined();
  });
});
