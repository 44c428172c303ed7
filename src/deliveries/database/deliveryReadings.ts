import type { Knex } from 'knex';
import type { Reading } from '../../metrics/state';
import { DELIVERIES_TABLE } from './tables';

/** How many deliveries of each sender are not done, and for how long the oldest waits. */
export async function readDeliveryReadings(options: {
  knex: Knex;
  senders: Array<{ name: string }>;
  now: () => Date;
}): Promise<Reading[]> {
  const { knex, senders, now } = options;
  // Each condition is that of an index, which has no other deliveries.
  const waiting: any[] = await countByState(knex)
    .whereNotNull('due_at')
    .min({ since: knex.raw('coalesce(queued_at, received_at)') });
  const left: any[] = await countByState(knex).whereRaw(
    "state in ('unmatched', 'dead')",
  );
  // A queue that is empty is measured as well.
  const empty = senders
    .flatMap(({ name: sender }) => [
      { sender, state: 'pending', count: 0, since: null },
      { sender, state: 'failed', count: 0, since: null },
    ])
    .filter(
      ({ sender, state }) =>
        !waiting.some(row => row.sender === sender && row.state === state),
    );
  const queues = [...waiting, ...empty];
  return [
    ...[...queues, ...left].map(
      ({ sender, state, count }): Reading => ({
        gauge: 'custom_data_deliveries',
        value: Number(count),
        labels: { sender, state },
      }),
    ),
    ...queues.map(
      ({ sender, state, since }): Reading => ({
        gauge: 'custom_data_deliveries_oldest_seconds',
        value: since
          ? Math.max(0, now().getTime() - Date.parse(since)) / 1000
          : 0,
        labels: { sender, state },
      }),
    ),
  ];
}

/** How many deliveries of each sender are not done, by state. */
export async function countDeliveries(
  knex: Knex,
): Promise<Array<{ sender: string; state: string; count: number }>> {
  const waiting: any[] = await countByState(knex).whereNotNull('due_at');
  const left: any[] = await countByState(knex).whereRaw(
    "state in ('unmatched', 'dead')",
  );
  return [...waiting, ...left].map(({ sender, state, count }) => ({
    sender,
    state,
    count: Number(count),
  }));
}

function countByState(knex: Knex): Knex.QueryBuilder {
  return knex(DELIVERIES_TABLE)
    .select('sender', 'state')
    .count({ count: '*' })
    .groupBy('sender', 'state');
}
