import type { Attributes, BatchObservableCallback } from '@opentelemetry/api';
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

export type GaugeName = keyof typeof GAUGES;

export interface Reading {
  gauge: GaugeName;
  value: number;
  labels: Attributes;
}

/** Reads the state once for each collection, until the signal is aborted. */
export function observeState(
  read: () => Promise<Reading[]>,
  signal: AbortSignal,
): void {
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, description]) => [
      name,
      meter().createObservableGauge(name, {
        unit: name.endsWith('_seconds') ? 's' : undefined,
        description,
      }),
    ]),
  );
  // The SDK repeats the last value of what is not observed any more, so what
  // is over is observed as zero.
  const observed = new Map<string, Reading>();
  const observe: BatchObservableCallback = async result => {
    const readings = await read();
    observed.forEach((each, key) => observed.set(key, { ...each, value: 0 }));
    for (const reading of readings) {
      observed.set(JSON.stringify([reading.gauge, reading.labels]), reading);
    }
    for (const { gauge, value, labels } of observed.values()) {
      result.observe(gauges.get(gauge)!, value, labels);
    }
  };
  const all = [...gauges.values()];
  meter().addBatchObservableCallback(observe, all);
  signal.addEventListener('abort', () =>
    meter().removeBatchObservableCallback(observe, all),
  );
}
