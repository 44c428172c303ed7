import { randomUUID } from 'node:crypto';
import { safeText } from '../../database/safeText';
import { toText } from '../../database/time';
import type { NewDelivery } from '../delivery';
import { subjectOf } from './dedupe';

/** A row of a delivery that comes in. */
export type NewRow = ReturnType<typeof toNewRow>;

export function toNewRow(options: {
  delivery: NewDelivery;
  dedupeKey: string;
  receivedAt: string;
  now: Date;
}) {
  const { delivery, dedupeKey, receivedAt, now } = options;
  return {
    delivery_id: randomUUID() as string,
    sender: delivery.sender,
    dedupe_key: dedupeKey,
    external_id:
      delivery.externalId === undefined ? null : safeText(delivery.externalId),
    digest: delivery.digest,
    secret_id: delivery.secretId,
    dialect: delivery.dialect,
    ...subjectOf(delivery),
    ...stateOf(delivery, toText(now)),
    received_at: receivedAt,
    headers: JSON.stringify(delivery.headers),
    payload: delivery.payload,
  };
}

/** Nothing is to be done about an ignored one. */
function stateOf({ content }: NewDelivery, now: string) {
  return content.type === 'event'
    ? {
        event: JSON.stringify(content.event),
        state: 'pending',
        reason: null,
        due_at: now,
        settled_at: null,
      }
    : {
        event: 'null',
        state: 'ignored',
        reason: safeText(content.reason),
        due_at: null,
        settled_at: now,
      };
}
