import type { Knex } from 'knex';
import type { Delivery, DeploymentEventName } from '../model/delivery';

const HISTORY_TABLE = 'custom_data_deployments';
const HEADS_TABLE = 'custom_data_deployment_heads';
const HEAD_KEY = ['service_key', 'sender', 'environment'] as const;

/** What each event does: some only go into the history. */
const CHANGES_WHAT_RUNS: Record<DeploymentEventName, boolean> = {
  'deployment.success': true,
  'deployment.started': false,
  'deployment.failure': false,
  'deployment.rollback': true,
  'deployment.removed': true,
};

/**
 * Adds a delivery's event to the history and, where it changes what runs and
 * nothing newer is known, makes it the head of its service and environment.
 *
 * The head is ordered by when it happened, then by arrival, and is only ever
 * replaced by a newer one in a single statement: in whatever order and on
 * however many replicas deliveries are settled, the newest remains. What was
 * removed keeps its head, so that an event from before does not bring it back.
 */
export async function recordDeployment(options: {
  knex: Knex;
  delivery: Delivery;
}): Promise<'current' | 'superseded' | 'recorded'> {
  const { knex, delivery } = options;
  return knex.transaction(async trx => {
    await insertHistory(trx, delivery);
    if (!CHANGES_WHAT_RUNS[delivery.event.event]) {
      return 'recorded';
    }
    await advanceHead(trx, delivery);
    const head = await trx(HEADS_TABLE)
      .where(keyOf(delivery))
      .first('delivery_id');
    return head?.delivery_id === delivery.id ? 'current' : 'superseded';
  });
}

async function insertHistory(
  trx: Knex.Transaction,
  delivery: Delivery,
): Promise<void> {
  await trx(HISTORY_TABLE)
    .insert({
      ...keyOf(delivery),
      ...stateOf(delivery),
      sequence: delivery.sequence,
      url: delivery.event.url ?? null,
      commit: delivery.event.commit ?? null,
    })
    .onConflict('delivery_id')
    .ignore();
}

async function advanceHead(
  trx: Knex.Transaction,
  delivery: Delivery,
): Promise<void> {
  const state = { ...stateOf(delivery), order_key: orderKeyOf(delivery) };
  await trx(HEADS_TABLE)
    .insert({ ...keyOf(delivery), ...state })
    .onConflict([...HEAD_KEY])
    .merge(Object.keys(state))
    .where(`${HEADS_TABLE}.order_key`, '<', state.order_key);
}

function keyOf(delivery: Delivery) {
  return {
    service_key: delivery.event.service.toLowerCase(),
    sender: delivery.sender,
    environment: delivery.event.environment,
  };
}

function stateOf(delivery: Delivery) {
  return {
    status: delivery.event.event.replace('deployment.', ''),
    version: delivery.event.version,
    event_at: eventTimeOf(delivery),
    delivery_id: delivery.id,
  };
}

function eventTimeOf(delivery: Delivery): string {
  return delivery.event.time ?? delivery.receivedAt.toISOString();
}

// Digits stand at the same places in all of them, so that they sort alike under
// any collation of the database.
function orderKeyOf(delivery: Delivery): string {
  return `${eventTimeOf(delivery)}#${String(delivery.sequence).padStart(
    19,
    '0',
  )}`;
}
