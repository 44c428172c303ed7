import type { Knex } from 'knex';
import { createHash, randomUUID } from 'node:crypto';
import type { NewDelivery } from '../model/delivery';
import { DELIVERIES_TABLE, type DeliveryRow } from './deliveriesRow';

/**
 * Stores a delivery unless it repeats one, and tells the id of the one stored.
 *
 * Without an id of the sender's, a delivery repeats the latest of its service
 * and environment if its bytes are the same. The key that has to be unique is
 * then made of the bytes and of the delivery that they follow: two equal posts
 * at the same moment make the same key, and one of them loses, while the same
 * bytes after something else (v1, v2, v1) make another.
 */
export async function acceptDelivery(options: {
  knex: Knex;
  delivery: NewDelivery;
  now: Date;
}): Promise<{ id: string; repeated: boolean }> {
  const { knex, delivery, now } = options;
  const latest = await findLatest({ knex, delivery });
  const dedupe = toDedupeKey({ delivery, latest });
  if (dedupe.type === 'repeats') {
    return { id: dedupe.id, repeated: true };
  }
  const row = toRow({
    delivery,
    dedupeKey: dedupe.key,
    receivedAt: arrivalTime({ latest, now }),
    now,
  });
  const inserted = await knex<DeliveryRow>(DELIVERIES_TABLE)
    .insert(row)
    .onConflict(['sender', 'dedupe_key'])
    .ignore()
    .returning('delivery_id');
  if (inserted.length > 0) {
    return { id: row.delivery_id, repeated: false };
  }
  // On a conflict the database has waited until the other one was committed.
  const winner = await knex<DeliveryRow>(DELIVERIES_TABLE)
    .where({ sender: row.sender, dedupe_key: row.dedupe_key })
    .first('delivery_id');
  if (!winner) {
    throw new Error('The delivery that this one repeats has just been removed');
  }
  return { id: winner.delivery_id, repeated: true };
}

type Latest = Pick<DeliveryRow, 'delivery_id' | 'digest' | 'received_at'>;

/** The latest delivery of the same sender, service and environment. */
async function findLatest(options: {
  knex: Knex;
  delivery: NewDelivery;
}): Promise<Latest | undefined> {
  const { knex, delivery } = options;
  return knex<DeliveryRow>(DELIVERIES_TABLE)
    .where({
      sender: delivery.sender,
      service_key: serviceKeyOf(delivery),
      environment: delivery.event.environment,
    })
    .orderBy('sequence', 'desc')
    .first('delivery_id', 'digest', 'received_at');
}

function toDedupeKey(options: {
  delivery: NewDelivery;
  latest: Latest | undefined;
}): { type: 'repeats'; id: string } | { type: 'key'; key: string } {
  const { delivery, latest } = options;
  if (delivery.externalId !== undefined) {
    return { type: 'key', key: sha256(`id:${delivery.externalId}`) };
  }
  return latest?.digest === delivery.digest
    ? { type: 'repeats', id: latest.delivery_id }
    : {
        type: 'key',
        key: sha256(`after:${latest?.delivery_id ?? ''}:${delivery.digest}`),
      };
}

/**
 * Never before the delivery that it follows: clocks of replicas differ, and
 * events without a time of their own are ordered by this one.
 */
function arrivalTime(options: { latest: Latest | undefined; now: Date }) {
  const now = options.now.toISOString();
  const before = options.latest?.received_at ?? now;
  return before > now ? before : now;
}

function toRow(options: {
  delivery: NewDelivery;
  dedupeKey: string;
  receivedAt: string;
  now: Date;
}) {
  const { delivery, dedupeKey, receivedAt, now } = options;
  return {
    delivery_id: randomUUID(),
    sender: delivery.sender,
    dedupe_key: dedupeKey,
    external_id: delivery.externalId ?? null,
    digest: delivery.digest,
    secret_id: delivery.secretId,
    dialect: delivery.dialect,
    service_key: serviceKeyOf(delivery),
    environment: delivery.event.environment,
    event: JSON.stringify(delivery.event),
    state: 'pending' as const,
    attempts: 0,
    received_at: receivedAt,
    due_at: now.toISOString(),
  };
}

function serviceKeyOf(delivery: NewDelivery): string {
  return delivery.event.service.toLowerCase();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
