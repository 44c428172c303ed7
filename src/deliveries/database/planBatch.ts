import { toText } from '../../database/time';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { dedupeKeyOf, groupOf } from './dedupe';
import { type NewRow, toNewRow } from './newRow';

/** A delivery that others may repeat or follow. */
export type Predecessor = Pick<
  NewRow,
  'delivery_id' | 'dedupe_key' | 'digest' | 'received_at'
>;

/** What was stored before a batch came. */
export interface Earlier {
  /** The latest of each group. */
  latest: Map<string, Predecessor>;
  /** Of senders' own ids that are known already, by sender and dedupe key. */
  known: Map<string, string>;
}

/**
 * What is to be stored of a batch, and the answers where nobody else stores the
 * same meanwhile. Whatever comes later in a batch sees what came earlier in it.
 */
export function planBatch(options: {
  deliveries: NewDelivery[];
  earlier: Earlier;
  now: Date;
}): { rows: NewRow[]; answers: AcceptedDelivery[] } {
  const latest = new Map(options.earlier.latest);
  const known = new Map(options.earlier.known);
  const rows: NewRow[] = [];
  const answers = options.deliveries.map(delivery => {
    const group = groupOf(delivery);
    const before = latest.get(group);
    const key = dedupeKeyOf(delivery, before?.dedupe_key);
    const repeated = repeatedBy({ delivery, before, known, key });
    if (repeated !== undefined) {
      return { id: repeated, repeated: true };
    }
    const row = toNewRow({
      delivery,
      dedupeKey: key,
      receivedAt: arrivalTime(before, options.now),
      now: options.now,
    });
    rows.push(row);
    latest.set(group, row);
    known.set(knownKey(row), row.delivery_id);
    return { id: row.delivery_id, repeated: false };
  });
  return { rows, answers };
}

export function knownKey(row: Pick<NewRow, 'sender' | 'dedupe_key'>): string {
  return `${row.sender} ${row.dedupe_key}`;
}

function repeatedBy(options: {
  delivery: NewDelivery;
  before: Predecessor | undefined;
  known: Map<string, string>;
  key: string;
}): string | undefined {
  const { delivery, before, known, key } = options;
  if (delivery.externalId === undefined && before?.digest === delivery.digest) {
    return before.delivery_id;
  }
  return known.get(knownKey({ sender: delivery.sender, dedupe_key: key }));
}

/**
 * Never before the delivery that it follows: clocks of replicas differ, and
 * events without a time of their own are ordered by this one.
 */
function arrivalTime(before: Predecessor | undefined, now: Date): string {
  const time = toText(now);
  return before && before.received_at > time ? before.received_at : time;
}
