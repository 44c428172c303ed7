import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { mockLogger } from '../__testUtils__/mockLogger';
import { formatKey, parse } from './messages';
import {
  readCustomDataSettings,
  strictError,
  reportMisconfigured,
  retention,
} from './settings';

const registry = { url: 'https://registry.example.com/metadata' };
const ci = { secrets: [{ id: 'a', secret: 'sixteen-bytes-ok' }] };

const DAY = 86_400_000;

function read(customData?: unknown) {
  const data = { catalog: { customData } } as JsonObject;
  return readCustomDataSettings(new ConfigReader(data));
}

describe('readCustomDataSettings', () => {
  it('gives the defaults without a block', () => {
    const nothing = {
      sources: [],
      misconfiguredSources: [],
      senders: [],
      misconfiguredSenders: [],
      faults: [],
      nothing:
        'there are no "sources" or "webhooks" under "catalog.customData"',
      placeholders: [],
      aliasRoutes: true,
      allowUserWrites: false,
      integrationEntities: false,
      notifications: false,
      alertAfter: 3_600_000,
      strict: false,
      snapshots: {},
      cleanUp: {
        frequency: { cron: '0 3 * * *' },
        deprecateAfter: 90,
        archiveAfter: 90,
        retireAfter: 30,
        maxChanges: 100,
      },
      retention: {
        deliveriesMs: 30 * DAY,
        runsMs: 30 * DAY,
        deploymentsMs: 365 * DAY,
        snapshotsMs: 90 * DAY,
        maxSnapshots: 30,
      },
    };
    expect(read()).toEqual(nothing);
    expect(readCustomDataSettings(new ConfigReader({}))).toEqual(nothing);
  });

  it('takes placeholders with and without their "$"', () => {
    const { placeholders } = read({ placeholders: ['$graphql', 'sql'] });
    expect(placeholders).toEqual(['graphql', 'sql']);
  });

  it.each([
    [{ customData: {} }, 'there are no "sources" or "webhooks" under'],
    [{ customData: null }, 'there are no "sources" or "webhooks" under'],
    [{ customData: { strict: true } }, 'there are no "sources" or'],
    [
      { customdata: { sources: { registry } } },
      'rename the key "catalog.customdata" to "catalog.customData"',
    ],
    [{ 'custom-data': {} }, 'rename the key "catalog.custom-data" to'],
  ])(
    'says that %j configures nothing, and which key to use',
    (catalog, why) => {
      const config = new ConfigReader({ catalog } as JsonObject);
      const settings = readCustomDataSettings(config);
      const logger = mockLogger();
      reportMisconfigured(logger, settings, []);

      expect(logger.warn.mock.calls).toEqual([
        [
          expect.stringContaining(
            `Nothing is configured for the custom-data module: ${why}`,
          ),
        ],
      ]);
      expect(logger.error).not.toHaveBeenCalled();
    },
  );

  it('says nothing of that where a source or a sender is configured, be it misconfigured', () => {
    expect(read({ sources: { registry: {} } }).nothing).toBeUndefined();
    expect(read({ webhooks: { ci } }).nothing).toBeUndefined();
  });

  it('says at the start which sources and senders the configuration pauses', () => {
    const paused = true;
    const settings = read({
      sources: { registry: { ...registry, paused } },
      webhooks: { ci, argo: { ...ci, paused } },
    });
    const logger = mockLogger();
    reportMisconfigured(logger, settings, []);
    expect(logger.warn.mock.calls).toEqual([
      ['Source "registry" is paused'],
      ['Webhook sender "argo" is paused: what it sends is refused'],
    ]);
  });

  it('reads the others beside a misconfigured source or sender', () => {
    const settings = read({
      sources: { registry, empty: { ...registry, headers: {} } },
      webhooks: { ci, open: { secrets: [] } },
    });

    expect(settings.sources.map(({ name }) => name)).toEqual(['registry']);
    expect(settings.senders.map(({ name }) => name)).toEqual(['ci']);
    expect(settings.misconfiguredSources).toEqual([
      {
        name: 'empty',
        key: 'catalog.customData.sources.empty.headers',
        reason: expect.stringContaining('present and empty'),
      },
    ]);
    expect(settings.misconfiguredSenders).toEqual([
      {
        name: 'open',
        key: 'catalog.customData.webhooks.open.secrets',
        reason: expect.stringContaining('environment variable'),
        entity: 'component:default/{service}',
        aliases: {},
      },
    ]);
    expect(settings.faults).toEqual([]);
  });

  it('reads the other keys beside an unknown one', () => {
    const settings = read({ sources: { registry }, webhook: { ci } });

    expect(settings.sources).toHaveLength(1);
    expect(settings.faults).toEqual([
      {
        name: 'customData',
        key: 'catalog.customData.webhook',
        reason: 'unknown key "webhook", did you mean "webhooks"?',
      },
    ]);
  });

  it.each([
    ['a block that is no map', 'on', 'catalog.customData'],
    [
      'sources that are no map',
      { sources: ['a'] },
      'catalog.customData.sources',
    ],
    ['empty sources', { sources: {} }, 'catalog.customData.sources'],
    ['empty webhooks', { webhooks: {} }, 'catalog.customData.webhooks'],
    [
      'an empty list of location types',
      { allowedLocationTypes: [] },
      'catalog.customData.allowedLocationTypes',
    ],
    [
      'a strict that is neither',
      { strict: 'perhaps' },
      'catalog.customData.strict',
    ],
    ['retention of nothing', { retention: {} }, 'catalog.customData.retention'],
    [
      'a retention that is too short',
      { retention: { deliveries: '1d' } },
      'catalog.customData.retention.deliveries',
    ],
  ])('reports %s', (_what, block, key) => {
    expect(read(block).faults).toEqual([
      { name: 'customData', key, reason: expect.any(String) },
    ]);
  });

  it('reads the location types that replace those of the catalog', () => {
    expect(
      read({ allowedLocationTypes: ['url', 'custom-data'] })
        .allowedLocationTypes,
    ).toEqual(['url', 'custom-data']);
  });

  it('merges the files of the configuration', () => {
    const config = ConfigReader.fromConfigs([
      {
        context: 'app-config.yaml',
        data: { catalog: { customData: { sources: { registry } } } },
      },
      {
        context: 'app-config.production.yaml',
        data: {
          catalog: { customData: { sources: { registry: { paused: true } } } },
        },
      },
    ]);
    expect(readCustomDataSettings(config).sources).toMatchObject([
      { name: 'registry', url: registry.url, paused: true },
    ]);
  });

  it('keeps keys with dots and slashes as they are', () => {
    const settings = read({
      sources: {
        registry: {
          ...registry,
          id: 'id',
          entity: {
            kind: 'Component',
            metadata: {
              name: '${{ id }}',
              annotations: { 'custom/x.y': 'z', 'a.b/c': '${{ d }}' },
            },
          },
        },
        'with.dots': registry,
      },
      webhooks: { ci: { ...ci, aliases: { 'old.name': 'new' } } },
    });
    expect(settings.sources[0].entity).toMatchObject([
      { metadata: { annotations: { 'custom/x.y': 'z', 'a.b/c': '${{ d }}' } } },
    ]);
    expect(settings.senders[0].aliases).toEqual({ 'old.name': 'new' });
    expect(settings.misconfiguredSources).toEqual([
      {
        name: 'with.dots',
        key: 'catalog.customData.sources["with.dots"]',
        reason: expect.stringContaining('"with.dots" cannot be a name'),
      },
    ]);
  });

  describe('with two sources that read the same', () => {
    const headers = { Authorization: 'Bearer token-one', Accept: 'x/y' };

    it('keeps the first and names it in the reason of the second', () => {
      const settings = read({
        sources: {
          one: { ...registry, headers },
          two: {
            title: 'Another title',
            ...registry,
            headers: { accept: 'x/y', authorization: 'Bearer token-one' },
          },
        },
      });
      expect(settings.sources.map(({ name }) => name)).toEqual(['one']);
      expect(settings.misconfiguredSources).toEqual([
        {
          name: 'two',
          key: 'catalog.customData.sources.two',
          reason: expect.stringContaining('reads the same as "one"'),
        },
      ]);
    });

    it.each([
      ['url', { url: 'https://registry.example.com/other' }],
      ['records', { records: 'services' }],
      ['id', { id: 'name' }],
      ['headers', { headers: { ...headers, Authorization: 'Bearer two' } }],
      [
        'entity',
        { id: 'serviceId', entity: { kind: 'API', metadata: { name: 'a' } } },
      ],
    ])('keeps both if %s differs', (_key, other) => {
      const one = { ...registry, headers };
      const settings = read({ sources: { one, two: { ...one, ...other } } });
      expect(settings.sources).toHaveLength(2);
    });
  });

  it('reads how long things are kept', () => {
    expect(read({ retention: { runs: '90d' } }).retention).toEqual({
      deliveriesMs: 30 * DAY,
      runsMs: 90 * DAY,
      deploymentsMs: 365 * DAY,
      snapshotsMs: 90 * DAY,
      maxSnapshots: 30,
    });
  });

  it.each([
    { deployments: '10 years', runs: '1h' },
    { deployments: '10 years', run: '90d' },
    '10 years',
  ])('keeps everything for 100 years while %j has a fault', given => {
    const kept = Object.values(read({ retention: given }).retention);
    expect(kept.every(ms => ms > 10 * 366 * DAY)).toBe(true);
  });

  it('reads strict', () => {
    expect(read({ strict: 'true', sources: { registry } }).strict).toBe(true);
  });
});

describe('strictError', () => {
  it('lists everything misconfigured', () => {
    expect(
      strictError([
        { key: 'catalog.customData.retention', reason: 'unknown key' },
        { key: 'catalog.customData.sources.a.url', reason: 'is no URL' },
      ]),
    ).toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(
        '- catalog.customData.retention: unknown key\n- catalog.customData.sources.a.url: is no URL',
      ),
    });
  });

  it('gives no error if nothing is misconfigured', () => {
    expect(strictError([])).toBeUndefined();
  });
});

describe('retention', () => {
  function readRetention(value: unknown) {
    const parsed = parse(retention, value, ['retention']);
    return parsed.type === 'ok'
      ? parsed.value
      : parsed.faults.map(
          ({ path, reason }) => `${formatKey(path)}: ${reason}`,
        );
  }

  it('uses the default of a key that is not set', () => {
    expect(readRetention({ runs: { days: 1 } })).toEqual({
      deliveriesMs: 30 * DAY,
      runsMs: DAY,
      deploymentsMs: 365 * DAY,
      snapshotsMs: 90 * DAY,
      maxSnapshots: 30,
    });
  });

  it('reads durations in all their forms', () => {
    expect(
      readRetention({
        deliveries: 'P1W',
        runs: '12 weeks',
        deployments: { years: 100 },
      }),
    ).toEqual({
      deliveriesMs: 7 * DAY,
      runsMs: 84 * DAY,
      deploymentsMs: 36_500 * DAY,
      snapshotsMs: 90 * DAY,
      maxSnapshots: 30,
    });
  });

  it.each([
    [
      { deliveries: { days: 6 } },
      'deliveries: {"days":6} is shorter than 7 days',
    ],
    [{ runs: '23 hours' }, 'runs: {"hours":23} is shorter than 1 day'],
    [{ deployments: 'PT1H' }, 'deployments: {"hours":1} is shorter than 1 day'],
    [
      { deployments: { years: 101 } },
      'deployments: {"years":101} is longer than 100 years',
    ],
    [{ runs: 30 }, 'runs: 30 is not a duration'],
    [{ delivery: '30d' }, 'delivery: unknown key "delivery", did you mean'],
  ])('refuses %j', (value, fault) => {
    expect(readRetention(value)).toEqual([
      expect.stringContaining(`retention.${fault}`),
    ]);
  });
});
