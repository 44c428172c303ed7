import {
  metrics,
  type MeterProvider,
  type ObservableCallback,
} from '@opentelemetry/api';
import {
  createDeliveryTracker,
  createWebhookTracker,
  trackAttention,
} from './trackers';

describe('the trackers', () => {
  let instruments: Record<string, { unit?: string; description?: string }>;
  let values: Array<[name: string, value: number, labels: unknown]>;

  beforeEach(() => {
    instruments = {};
    values = [];
    const create = (name: string, options: { unit?: string }) => {
      instruments[name] = options;
      const note = (value: number, labels: unknown) =>
        values.push([name, value, labels]);
      return { add: note, record: note };
    };
    metrics.setGlobalMeterProvider({
      getMeter: () => ({ createCounter: create, createHistogram: create }),
    } as unknown as MeterProvider);
  });

  afterEach(() => {
    metrics.disable();
  });

  it('count what happens to webhooks, and how old deliveries are when an attempt ends', () => {
    const tracker = createWebhookTracker();
    tracker.accepted({ sender: 'ci', repeated: true });
    tracker.rejected({ sender: 'ci', code: 'signature-wrong' });
    tracker.refused({ sender: 'ci', code: 'not-valid' });
    tracker.limited({ sender: 'ci', limit: 'rate' });
    createDeliveryTracker().attempted({
      sender: 'ci',
      state: 'done',
      ageMs: 1_500,
    });
    expect(values).toEqual([
      ['custom_data.webhooks.accepted', 1, { sender: 'ci', repeated: true }],
      [
        'custom_data.webhooks.rejected',
        1,
        { sender: 'ci', code: 'signature-wrong' },
      ],
      ['custom_data.webhooks.refused', 1, { sender: 'ci', code: 'not-valid' }],
      ['custom_data.webhooks.limited', 1, { sender: 'ci', limit: 'rate' }],
      ['custom_data.deliveries.settled', 1, { sender: 'ci', state: 'done' }],
      ['custom_data.deliveries.age', 1.5, { sender: 'ci', state: 'done' }],
    ]);
  });

  it('have no label for a name that is not one of ours, and no age before zero', () => {
    const tracker = createWebhookTracker();
    tracker.rejected({ code: 'sender-unknown' });
    tracker.limited({ limit: 'concurrency' });
    createDeliveryTracker().attempted({
      sender: 'ci',
      state: 'done',
      ageMs: -5,
    });
    expect(values.map(([, ...rest]) => rest)).toEqual([
      [1, { code: 'sender-unknown' }],
      [1, { limit: 'concurrency' }],
      [1, expect.anything()],
      [0, expect.anything()],
    ]);
  });

  it('show what needs a person, until the process stops', async () => {
    const callbacks = new Set<ObservableCallback>();
    metrics.disable();
    metrics.setGlobalMeterProvider({
      getMeter: () => ({
        createObservableGauge: () => ({
          addCallback: (each: ObservableCallback) => callbacks.add(each),
          removeCallback: (each: ObservableCallback) => callbacks.delete(each),
        }),
      }),
    } as unknown as MeterProvider);
    const stop = new AbortController();
    trackAttention(
      async () => [{ source: 'registry', code: 'plan-held' }],
      stop.signal,
    );
    const observe = jest.fn();
    for (const callback of callbacks) {
      await callback({ observe });
    }
    expect(observe).toHaveBeenCalledWith(1, {
      source: 'registry',
      code: 'plan-held',
    });
    stop.abort();
    expect(callbacks.size).toBe(0);
  });

  it('say what each is and in what unit', () => {
    createWebhookTracker();
    createDeliveryTracker();
    expect(Object.keys(instruments)).toHaveLength(6);
    for (const { unit, description } of Object.values(instruments)) {
      expect(unit).toBeTruthy();
      expect(description).toBeTruthy();
    }
    expect(instruments['custom_data.deliveries.age'].unit).toBe('s');
  });

  it('cost nothing where nobody measures', () => {
    metrics.disable();
    const tracker = createWebhookTracker();
    expect(() =>
      tracker.accepted({ sender: 'ci', repeated: false }),
    ).not.toThrow();
  });
});
