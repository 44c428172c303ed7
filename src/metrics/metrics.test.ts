import { Measured } from './__testUtils__/Measured';
import { createDeliveryTracker } from './deliveries';
import { createRunTracker } from './runs';
import { observeState, type Reading } from './state';
import { createWebhookTracker } from './webhooks';

const at = (seconds: number) =>
  new Date(Date.UTC(2026, 10, 30, 12, 0, seconds));

describe('the metrics', () => {
  let measured: Measured;

  beforeEach(() => {
    jest.clearAllMocks();
    measured = Measured.start();
  });

  afterEach(async () => {
    await measured.stop();
  });

  const values = async (name: string) =>
    (await measured.samples(name)).map(sample => [
      sample.name.slice(name.length),
      sample.labels,
      sample.value,
    ]);

  const onRead = jest.fn();
  const onFailed = jest.fn();
  const observe = (
    read: () => Promise<Reading[]>,
    signal = new AbortController().signal,
  ) => observeState({ read, onRead, onFailed, signal });

  it('say how long runs took, and what they changed', async () => {
    createRunTracker([]).ended({
      run: { source: 'registry', kind: 'poll', startedAt: at(0) },
      end: {
        endedAt: at(40),
        outcome: 'applied',
        counts: { added: 3, changed: 0, removed: 1 },
      },
    });
    const labels = { source: 'registry', kind: 'list', outcome: 'applied' };
    expect(await values('catalog_ingestion_duration_seconds')).toEqual(
      expect.arrayContaining([
        ['_count', labels, 1],
        ['_sum', labels, 40],
        ['_bucket', { ...labels, le: '30' }, 0],
        ['_bucket', { ...labels, le: '60' }, 1],
      ]),
    );
    expect(await values('custom_data_entities_applied')).toEqual([
      ['_total', { source: 'registry', change: 'added' }, 3],
      ['_total', { source: 'registry', change: 'changed' }, 0],
      ['_total', { source: 'registry', change: 'removed' }, 1],
    ]);
  });

  it('tell runs of single records from those over a list, and take no time before zero', async () => {
    createRunTracker([]).ended({
      run: { source: 'registry', kind: 'record', startedAt: at(1) },
      end: { endedAt: at(0), outcome: 'failed' },
    });
    const labels = { source: 'registry', kind: 'record', outcome: 'failed' };
    expect(await values('catalog_ingestion_duration_seconds_sum')).toEqual([
      ['', labels, 0],
    ]);
  });

  it('count errors when they begin, from zero, and no warnings', async () => {
    const tracker = createRunTracker(['registry', 'other']);
    expect(await values('catalog_validation_errors')).toEqual([
      ['_total', { source: 'registry' }, 0],
      ['_total', { source: 'other' }, 0],
    ]);
    tracker.ended({
      run: { source: 'registry', kind: 'poll', startedAt: at(0) },
      end: { endedAt: at(1), outcome: 'unchanged' },
      began: [
        { code: 'entity-invalid', severity: 'error', message: '' },
        { code: 'record-schema', severity: 'error', message: '' },
        { code: 'owner-unknown', severity: 'warning', message: '' },
      ],
    });
    expect(await values('catalog_validation_errors')).toContainEqual([
      '_total',
      { source: 'registry' },
      2,
    ]);
  });

  it('count the requests of a source by the class of their answers', async () => {
    const answers = [200, 304, 503, undefined];
    jest.spyOn(globalThis, 'fetch').mockImplementation(async () => {
      const status = answers.shift();
      if (!status) {
        throw new TypeError('fetch failed');
      }
      return new Response(null, { status });
    });
    const ask = createRunTracker([]).countingFetch('registry');
    for (let i = 0; i < 3; i++) {
      await ask('http://registry');
    }
    await expect(ask('http://registry')).rejects.toThrow('fetch failed');
    expect(
      (await values('custom_data_upstream_requests')).map(
        ([, labels]) => labels,
      ),
    ).toEqual(
      ['2xx', '3xx', '5xx', 'error'].map(status => ({
        source: 'registry',
        status,
      })),
    );
    jest.restoreAllMocks();
  });

  it('count what happens to webhooks; a name that a caller made up is no label', async () => {
    const tracker = createWebhookTracker([]);
    tracker.accepted({ sender: 'ci', repeated: true });
    tracker.rejected({ sender: 'ci', code: 'signature-wrong' });
    tracker.rejected({ code: 'sender-unknown' });
    tracker.refused({ sender: 'ci', code: 'not-valid' });
    tracker.limited({ limit: 'concurrency' });
    expect(await values('custom_data_webhooks_')).toEqual([
      ['accepted_total', { sender: 'ci', repeated: 'true' }, 1],
      ['rejected_total', { code: 'sender-unknown' }, 1],
      ['rejected_total', { sender: 'ci', code: 'signature-wrong' }, 1],
      ['refused_total', { sender: 'ci', code: 'not-valid' }, 1],
      ['limited_total', { limit: 'concurrency' }, 1],
    ]);
  });

  it('count webhooks that are rejected from zero', async () => {
    createWebhookTracker([{ name: 'ci' }]);
    expect(await values('custom_data_webhooks_rejected')).toEqual([
      ['_total', { code: 'sender-unknown' }, 0],
      ['_total', { sender: 'ci', code: 'signature-wrong' }, 0],
    ]);
  });

  it('count attempts at deliveries from zero, and how old deliveries are at their end', async () => {
    const tracker = createDeliveryTracker([{ name: 'ci' }]);
    expect(await values('custom_data_deliveries_settled')).toContainEqual([
      '_total',
      { sender: 'ci', state: 'dead' },
      0,
    ]);
    const state = 'done';
    tracker.attempted({ sender: 'ci', state, ageMs: 1500 });
    tracker.visible({ sender: 'ci', ageMs: 2500 });
    expect(await values('custom_data_deliveries_settled')).toContainEqual([
      '_total',
      { sender: 'ci', state },
      1,
    ]);
    expect(await values('custom_data_deliveries_age_seconds_sum')).toEqual([
      ['', { sender: 'ci', state }, 1.5],
    ]);
    expect(await values('custom_data_deployment_visible_seconds_sum')).toEqual([
      ['', { sender: 'ci' }, 2.5],
    ]);
  });

  it('name the environments of deployments that the sender is configured for, and no others', async () => {
    const tracker = createDeliveryTracker([
      { name: 'ci', environments: ['production', 'staging.eu'] },
      { name: 'any' },
    ]);
    const status = 'success';
    const deployments = [
      { sender: 'ci', environment: 'production', target: 'us' },
      { sender: 'ci', environment: 'staging', target: 'eu' },
      { sender: 'ci', environment: 'staging' },
      { sender: 'any', environment: 'production' },
    ];
    deployments.forEach(each => tracker.deployed({ ...each, status }));
    expect(await values('custom_data_deployments')).toEqual([
      ['_total', { sender: 'ci', environment: 'production', status }, 1],
      ['_total', { sender: 'ci', environment: 'staging.eu', status }, 1],
      ['_total', { sender: 'ci', environment: 'other', status }, 1],
      ['_total', { sender: 'any', environment: 'other', status }, 1],
    ]);
  });

  it('read the state once for each collection, until the process stops', async () => {
    const stop = new AbortController();
    const read = jest.fn(
      async (): Promise<Reading[]> => [
        { gauge: 'custom_data_entities', value: 7, labels: { source: 'a' } },
        { gauge: 'custom_data_records', value: 9, labels: { source: 'a' } },
      ],
    );
    observe(read, stop.signal);
    expect(await values('custom_data_')).toEqual([
      ['records', { source: 'a' }, 9],
      ['entities', { source: 'a' }, 7],
      ['state_unreadable', {}, 0],
    ]);
    expect(read).toHaveBeenCalledTimes(1);
    stop.abort();
    await measured.text();
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('show as zero what is over, which the SDK would show as before', async () => {
    const gauge = 'custom_data_sources_attention';
    const labels = { source: 'a', code: 'plan-held' };
    const readings: Reading[] = [{ gauge, value: 1, labels }];
    observe(async () => readings);
    expect(await values(gauge)).toEqual([['', labels, 1]]);
    readings.pop();
    expect(await values(gauge)).toEqual([['', labels, 0]]);
  });

  it('say so where the state cannot be read, and show what was read last', async () => {
    const reading: Reading = {
      gauge: 'custom_data_entities',
      value: 7,
      labels: { source: 'a' },
    };
    const error = new Error('no database');
    const read = jest.fn(async () => [reading]);
    observe(read);
    await measured.text();
    read.mockRejectedValueOnce(error);
    expect(await values('custom_data_')).toEqual([
      ['entities', { source: 'a' }, 7],
      ['state_unreadable', {}, 1],
    ]);
    expect(onFailed.mock.calls).toEqual([[error]]);
    expect(onRead).toHaveBeenCalledTimes(1);
    expect(await values('custom_data_state_')).toEqual([['unreadable', {}, 0]]);
  });

  it('wait five seconds at most for a database that hangs, and do not ask it again meanwhile', async () => {
    jest.useFakeTimers();
    let end = (_: Reading[]) => {};
    const read = jest.fn(
      () =>
        new Promise<Reading[]>(resolve => {
          end = resolve;
        }),
    );
    observe(read);
    for (let i = 0; i < 2; i++) {
      const scraped = values('custom_data_state_');
      await jest.advanceTimersByTimeAsync(5_000);
      expect(await scraped).toEqual([['unreadable', {}, 1]]);
    }
    expect(read).toHaveBeenCalledTimes(1);
    const scraped = values('custom_data_state_');
    end([]);
    expect(await scraped).toEqual([['unreadable', {}, 0]]);
    jest.useRealTimers();
  });

  it('cost nothing where nobody measures', async () => {
    await measured.stop();
    const tracker = createWebhookTracker([]);
    expect(() =>
      tracker.accepted({ sender: 'ci', repeated: false }),
    ).not.toThrow();
  });
});
