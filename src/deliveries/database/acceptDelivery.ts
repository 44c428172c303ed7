import type { Knex } from 'knex';
import { hash, randomUUID } from 'node:crypto';
import { redactValues, safeText, toText } from '../../database/columns';
import { destinationColumns } from '../../deployments/database/tables';
import {
  type DeploymentEvent,
  destinationName,
} from '../../deployments/deployment';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { DELIVERIES_TABLE, writeEvent } from './tables';

/** What a later delivery about the same service and destination has to know of an earlier one. */
interface EarlierDelivery {
  delivery_id: string;
  dedupe_key: string;
  digest: string;
  received_at: string;
}

/**
 * How many earlier deliveries are read to find the latest time of arrival.
 * Deliveries with an id and a time are stored without a look at earlier ones,
 * so the last row alone may have an older time than the one before it.
 */
const EARLIER_READ = 20;

/**
 * Stores a delivery, or finds the one that it repeats: the same sender,
 * `externalId`, event, service, destination and version; or without an id, the
 * same bytes as the latest of its service and destination. Resolves after the
 * commit.
 *
 * @remarks
 *
 * The unique key of sender and dedupe key decides, whatever the look-up before
 * the insert has seen: of two replicas that store the same delivery at the same
 * moment both compute the same key, one inserts, and the other finds its row.
 */
export async function acceptDelivery(options: {
  knex: Knex;
  delivery: NewDelivery;
  now: Date;
}): Promise<AcceptedDelivery> {
  const { knex, delivery, now } = options;
  const earlier = dependsOnEarlier(delivery)
    ? await findEarlier({ knex, delivery })
    : [];
  const [latest] = earlier;
  if (delivery.externalId === undefined && latest?.digest === delivery.digest) {
    return { id: latest.delivery_id, repeated: true };
  }
  const row = toRow({ delivery, earlier, now });
  const inserted = await redactValues(async () =>
    knex(DELIVERIES_TABLE)
      .insert(row)
      .onConflict(['sender', 'dedupe_key'])
      .ignore()
      .returning('delivery_id'),
  );
  return inserted.length > 0
    ? { id: row.delivery_id, repeated: false }
    : { id: await findStored({ knex, row }), repeated: true };
}

/** Whether an earlier delivery matters to its dedupe key, or to its position in the order of events. */
function dependsOnEarlier({ externalId, content }: NewDelivery): boolean {
  return (
    externalId === undefined ||
    (content.type === 'event' && content.event.time === undefined)
  );
}

/** The latest deliveries of the same sender, service and destination, the latest first. */
async function findEarlier(options: {
  knex: Knex;
  delivery: NewDelivery;
}): Promise<EarlierDelivery[]> {
  const { knex, delivery } = options;
  const { service_key, environment } = subjectOf(delivery);
  return redactValues(async () =>
    knex(DELIVERIES_TABLE)
      .where({ sender: delivery.sender, service_key, environment })
      .orderBy('sequence', 'desc')
      .limit(EARLIER_READ)
      .select('delivery_id', 'dedupe_key', 'digest', 'received_at'),
  );
}

/** The delivery whose key a new row has. A conflict was reported after the other was committed. */
async function findStored(options: {
  knex: Knex;
  row: { sender: string; dedupe_key: string };
}): Promise<string> {
  const { knex, row } = options;
  const { sender, dedupe_key } = row;
  const stored = await redactValues(async () =>
    knex(DELIVERIES_TABLE).where({ sender, dedupe_key }).first('delivery_id'),
  );
  if (!stored) {
    throw new Error('The delivery that this one repeats was just removed');
  }
  return stored.delivery_id;
}

function toRow(options: {
  delivery: NewDelivery;
  earlier: EarlierDelivery[];
  now: Date;
}) {
  const { delivery, earlier, now } = options;
  const { content, externalId, held } = delivery;
  const time = toText(now);
  return {
    delivery_id: randomUUID() as string,
    sender: delivery.sender,
    dedupe_key: dedupeKeyOf(delivery, earlier[0]?.dedupe_key),
    external_id: externalId === undefined ? null : safeText(externalId),
    digest: delivery.digest,
    secret_id: delivery.secretId,
    dialect: delivery.dialect,
    ...subjectOf(delivery),
    ...(content.type === 'event'
      ? {
          event: writeEvent(content.event),
          ...(held ? { state: 'held' } : { state: 'pending', due_at: time }),
        }
      : {
          event: 'null',
          state: 'ignored',
          reason: safeText(content.reason),
          settled_at: time,
        }),
    // Never before an earlier one: the clocks of replicas differ, and events
    // without a time of their own are ordered by this one.
    received_at: earlier.reduce(
      (latest, { received_at }) =>
        received_at > latest ? received_at : latest,
      time,
    ),
    headers: JSON.stringify(delivery.headers),
    payload: safeText(delivery.payload),
  };
}

/** What a delivery is about: the columns of the index that finds the latest. */
function subjectOf({ content }: NewDelivery) {
  return content.type === 'event'
    ? {
        service_key: safeText(content.event.service.toLowerCase()),
        ...destinationColumns(content.event),
      }
    : { service_key: '', environment: '', target: '' };
}

/**
 * The key that has to be unique within a sender.
 *
 * A sender's own id is combined with what the event says. One run of a pipeline
 * may report several services under its id; and where the id is not signed,
 * whoever recorded a delivery must not be able to use up the id of a later one.
 *
 * Without an id the key combines the bytes with the key of the delivery before:
 * two equal posts at the same moment make the same key, while the same bytes
 * after something else (v1, v2, v1) make another.
 */
function dedupeKeyOf(
  { externalId, digest, content }: NewDelivery,
  keyBefore: string | undefined,
): string {
  if (externalId === undefined) {
    return hash('sha256', `after:${keyBefore ?? ''}:${digest}`);
  }
  const said = content.type === 'event' ? saidBy(content.event) : [digest];
  return hash('sha256', `id:${JSON.stringify([externalId, ...said])}`);
}

/** Without its time: a retry may give a new one. */
function saidBy(event: DeploymentEvent): string[] {
  const { service, version } = event;
  return [event.event, service.toLowerCase(), destinationName(event), version];
}
