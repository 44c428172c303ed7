import type { DeliveryWorker } from '../deliveries/createDeliveryWorker';
import { atMost } from '../lib/deadline';
import type { SecretUses } from '../webhooks/SecretUses';

/** How long each part of a stop may take where the database hangs. */
const PATIENCE_MS = 10_000;

/** Resolves when what was begun is recorded, and which secrets were used. */
export async function stopWebhooks(parts: {
  worker: Pick<DeliveryWorker, 'prepared'>;
  secretUses: Pick<SecretUses, 'flush'>;
}): Promise<void> {
  const { worker, secretUses } = parts;
  await Promise.all([
    atMost(PATIENCE_MS, worker.prepared()),
    atMost(PATIENCE_MS, secretUses.flush()),
  ]);
}
