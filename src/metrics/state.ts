import type { Attributes, BatchObservableCallback } from '@opentelemetry/api';
import { timeout, TimeoutStrategy } from 'cockatiel';
import { meter } from './meter';

/** What the tables and the configuration say: the same on every replica. */
const GAUGES = {
  custom_data_sources_attention: 'Sources that need a person, by the reason',
  custom_data_senders_attention: 'Senders that need a person, by the reason',
  custom_data_source_success_age_seconds:
    'Time since the last run over the list that succeeded',
  custom_data_source_poll_interval_seconds:
    'How far apart the polls of a source are; 0 while it is not polled',
  custom_data_source_failures: 'Failed runs in a row',
  custom_data_source_backoff_seconds:
    'For how long a source is still left alone',
  custom_data_records: 'Records of a source, by state',
  custom_data_entities: 'Entities of a source',
  custom_data_held: 'Removals and changes of entities that wait for a decision',
  custom_data_problems: 'Open problems of a source, by code',
  custom_data_deliveries: 'Deliveries that are not done, by state',
  custom_data_deliveries_oldest_seconds:
    'For how long the oldest delivery in a state waits to be processed',
};

const UNREADABLE = 'custom_data_state_unreadable';

/** How long a collection waits for the state. */
const READ_TIMEOUT_MS = 5_000;

export type GaugeName = keyof typeof GAUGES;

export interface Reading {
  gauge: GaugeName;
  value: number;
  labels: Attributes;
}

/** Reads the state once for each collection, until the signal is aborted. */
export function observeState(options: {
  read: () => Promise<Reading[]>;
  onRead: () => void;
  onFailed: (error: unknown) => void;
  signal: AbortSignal;
}): void {
  const { onRead, onFailed, signal } = options;
  const read = limitRead(options.read);
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, description]) => [
      name,
      meter().createObservableGauge(name, {
        unit: name.endsWith('_seconds') ? 's' : undefined,
        description,
      }),
    ]),
  );
  const unreadable = meter().createObservableGauge(UNREADABLE, {
    description: '1 while the state cannot be read, and stands still, else 0',
  });
  // The SDK repeats the last value of what is not observed any more, so what
  // is over is observed as zero.
  const observed = new Map<string, Reading>();
  const observe: BatchObservableCallback = async result => {
    try {
      const readings = await read();
      observed.forEach((each, key) => observed.set(key, { ...each, value: 0 }));
      for (const reading of readings) {
        observed.set(JSON.stringify([reading.gauge, reading.labels]), reading);
      }
      result.observe(unreadable, 0);
      onRead();
    } catch (error) {
      result.observe(unreadable, 1);
      onFailed(error);
    }
    for (const { gauge, value, labels } of observed.values()) {
      result.observe(gauges.get(gauge)!, value, labels);
    }
  };
  const all = [...gauges.values(), unreadable];
  meter().addBatchObservableCallback(observe, all);
  signal.addEventListener('abort', () =>
    meter().removeBatchObservableCallback(observe, all),
  );
}

/** Gives up after a while. A read that hangs is not begun again: each one takes a connection. */
function limitRead(read: () => Promise<Reading[]>): () => Promise<Reading[]> {
  const limit = timeout(READ_TIMEOUT_MS, TimeoutStrategy.Aggressive);
  let reading: Promise<Reading[]> | undefined;
  return () =>
    limit.execute(() => {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    });
}
