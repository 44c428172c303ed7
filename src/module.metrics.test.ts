import { TestDatabases } from '@backstage/backend-test-utils';
import {
  deployment,
  SENDER,
  SOON,
  startCatalog,
} from './__testUtils__/startCatalog';
import { startRegistry } from './__testUtils__/startRegistry';
import { WEBHOOK_SECRET } from './__testUtils__/signWebhook';
import { waitFor } from './__testUtils__/waitFor';
import {
  Measured,
  parseSamples,
  parseTypes,
  type Sample,
} from './metrics/__testUtils__/Measured';
import {
  askedMetrics,
  readAlertRules,
  readDocumentedMetrics,
  readDashboardQueries,
} from './metrics/__testUtils__/queries';

const OURS = /^(custom_data_|catalog_(ingestion|validation)_)/;

/** Labels with few values, which the configuration or the code bounds. */
const BOUNDED = [
  'source',
  'sender',
  'kind',
  'outcome',
  'change',
  'status',
  'state',
  'code',
  'severity',
  'environment',
  'limit',
  'repeated',
  'le',
];

const PAST = '2026-01-01T00:00:00Z';

/** A backend that polls and takes webhooks, to which everything happens that is measured. */
async function startMeasured(databases: TestDatabases) {
  const measured = Measured.start();
  const server = await measured.serve();
  const registry = await startRegistry();
  ['a', 'b', 'c'].forEach(name => registry.put(name));
  registry.put('bad', 'team-a', { team: null });
  const catalog = await startCatalog({
    knex: await databases.init('SQLITE_3'),
    customData: {
      sources: {
        registry: { url: registry.url, ...SOON },
        down: { url: 'http://127.0.0.1:1/', ...SOON },
        wrong: {},
      },
      webhooks: {
        ci: {
          secrets: [{ id: 'old', secret: WEBHOOK_SECRET, rotateBy: PAST }],
          environments: ['production'],
        },
        busy: { ...SENDER, rateLimit: { requests: 1, window: { days: 1 } } },
        wrong: {},
      },
    },
  });
  await waitFor(async () => expect(await catalog.entities()).toHaveLength(3));
  // Two of three are held.
  ['b', 'c'].forEach(name => registry.state.records.delete(name));
  await catalog.post(deployment('v1'));
  await catalog.post(deployment('v1'));
  await catalog.post(deployment('v1', { service: 'unknown-service' }));
  await catalog.post(
    deployment('v1', { metadata: { environment: 'somewhere-else' } }),
  );
  await catalog.post({ event: 'deployment.success' });
  await catalog.post(deployment('v1'), { sign: () => ({}) });
  await catalog.post(deployment('v1'), { sender: 'made-up-by-a-caller' });
  await catalog.post(deployment('v2'), { sender: 'busy' });
  await catalog.post(deployment('v3'), { sender: 'busy' });
  return {
    catalog,
    scrape: server.scrape,
    async stop() {
      await catalog.stop();
      await registry.stop();
      server.stop();
      await measured.stop();
    },
  };
}

function findValue(
  samples: Sample[],
  name: string,
  labels: Record<string, string>,
): number | undefined {
  return samples.find(
    sample =>
      sample.name === name &&
      Object.entries(labels).every(([k, v]) => sample.labels[k] === v),
  )?.value;
}

/** Whether a bucket is selected, as the exporter names it and as Prometheus 3 does, which adds `.0`. */
function isSelected(bucket: string, le: RegExp): boolean {
  return le.test(bucket) && le.test(`${bucket}.0`);
}

/** What takes its time. */
async function untilMeasured(scrape: () => Promise<Sample[]>): Promise<void> {
  const last: Array<[string, Record<string, string>]> = [
    ['custom_data_held', { change: 'removed' }],
    ['custom_data_deployment_visible_seconds_count', {}],
    ['custom_data_deliveries_settled_total', { sender: 'ci', state: 'done' }],
    [
      'custom_data_deliveries_settled_total',
      { sender: 'ci', state: 'unmatched' },
    ],
    ['custom_data_deliveries', { state: 'unmatched' }],
    ['custom_data_source_failures', { source: 'down' }],
  ];
  await waitFor(async () => {
    const samples = await scrape();
    const missing = last.filter(each => !findValue(samples, ...each));
    expect(missing).toEqual([]);
  });
}

describe('the metrics of a backend, as Prometheus scrapes them', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let backend: Awaited<ReturnType<typeof startMeasured>>;
  let samples: Sample[];
  let types: Map<string, string>;

  const valueOf = (name: string, labels: Record<string, string>) =>
    findValue(samples, name, labels);
  const read = (scraped: string) => {
    types = parseTypes(scraped);
    samples = parseSamples(scraped).filter(({ name }) => OURS.test(name));
    return samples;
  };

  beforeAll(async () => {
    backend = await startMeasured(databases);
    await untilMeasured(async () => read(await backend.scrape()));
  });

  afterAll(async () => {
    await backend.stop();
  });

  it.each([
    ...readAlertRules().map(({ alert, expr }) => [`alert ${alert}`, expr]),
    ...readDashboardQueries().map(([title, query]) => [
      `panel "${title}"`,
      query,
    ]),
  ])('have everything that %s asks for: %s', (_, query) => {
    const asked = askedMetrics(query);
    expect(asked).not.toEqual([]);
    for (const { name, labels, le } of asked) {
      const found = samples.filter(
        sample =>
          sample.name === name && (!le || isSelected(sample.labels.le, le)),
      );
      expect([name, found.length > 0]).toEqual([name, true]);
      const missing = labels.filter(
        label => !found.some(sample => label in sample.labels),
      );
      expect([name, missing]).toEqual([name, []]);
    }
  });

  it('have the names that the alerts of others use: a histogram of durations and a counter of errors', () => {
    const source = 'registry';
    for (const name of [
      'catalog_ingestion_duration_seconds_sum',
      'catalog_ingestion_duration_seconds_count',
    ]) {
      expect(valueOf(name, { source })).toBeGreaterThan(0);
    }
    expect(valueOf('catalog_validation_errors_total', { source })).toBe(1);
  });

  it('say what happened', () => {
    const source = 'registry';
    const sender = 'ci';
    const values = [
      ['custom_data_entities', { source }],
      ['custom_data_records', { source, state: 'invalid' }],
      ['custom_data_sources_attention', { source: 'wrong' }],
      ['custom_data_sources_attention', { source, code: 'plan-held' }],
      ['custom_data_senders_attention', { sender, code: 'secret-due' }],
      ['custom_data_senders_attention', { sender: 'wrong' }],
      ['custom_data_webhooks_accepted_total', { sender, repeated: 'true' }],
      ['custom_data_webhooks_rejected_total', { code: 'signature-missing' }],
      ['custom_data_webhooks_rejected_total', { code: 'sender-unknown' }],
      ['custom_data_webhooks_limited_total', { sender: 'busy' }],
      ['custom_data_deliveries_settled_total', { sender, state: 'dead' }],
      ['custom_data_deployments_total', { sender, environment: 'production' }],
    ] as Array<[string, Record<string, string>]>;
    expect(values.map(([name, labels]) => valueOf(name, labels))).toEqual([
      3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2,
    ]);
    expect(
      valueOf('custom_data_upstream_requests_total', {
        source: 'down',
        status: 'error',
      }),
    ).toBeGreaterThan(0);
  });

  it('are all of the table in docs/operations.md, with their types and labels', () => {
    const exported = [...types]
      .filter(([name]) => OURS.test(name))
      .map(([name, type]) => {
        const ofMetric = samples.filter(sample =>
          [name, `${name}_count`].includes(sample.name),
        );
        const labels = ofMetric.flatMap(sample => Object.keys(sample.labels));
        return { name, type, labels: [...new Set(labels)].sort() };
      });
    const byName = (a: { name: string }, b: { name: string }) =>
      a.name < b.name ? -1 : 1;
    expect(exported.sort(byName)).toEqual(readDocumentedMetrics().sort(byName));
  });

  it('have bounded labels, with nothing in them that came from a record or a request', () => {
    const labels = samples.map(sample => sample.labels);
    const names = new Set(labels.flatMap(each => Object.keys(each)));
    expect([...names].filter(name => !BOUNDED.includes(name))).toEqual([]);
    const values = labels.flatMap(each => Object.values(each)).join(' ');
    expect(values).not.toMatch(
      /made-up|somewhere-else|unknown-service|[0-9a-f]{8}-/,
    );
  });

  it('show the state of the tables as it is at each scrape', async () => {
    const held = async () => {
      read(await backend.scrape());
      return valueOf('custom_data_sources_attention', { code: 'plan-held' });
    };
    expect(await held()).toBe(1);
    const { body } = await backend.catalog.api('GET /sources/registry/plan');
    const path = `/sources/registry/plan/${body.plan.hash}/reject`;
    await backend.catalog.api(`POST ${path}`, { body: {} });
    expect(await held()).toBe(0);
  });
});
