import type { DeliveryWorker } from '../deliveries/createDeliveryWorker';
import type { SecondRefresh } from '../deliveries/createSecondRefresh';
import { atMost } from '../lib/deadline';
import type { SecretUse } from '../webhooks/createSecretUse';

/** How long each part of a stop may take where the database hangs. */
const PATIENCE_MS = 10_000;

/**
 * Resolves when what was begun is told, so far as nobody else makes up for it. What is being prepared is waited for first: it
 * adds to what is refreshed once more.
 */
export async function stopWebhooks(parts: {
  worker: Pick<DeliveryWorker, 'prepared'>;
  secretUse: Pick<SecretUse, 'flush'>;
  refresher: Pick<SecondRefresh, 'flush'>;
}): Promise<void> {
  const { worker, secretUse, refresher } = parts;
  await atMost(PATIENCE_MS, worker.prepared());
  await atMost(
    PATIENCE_MS,
    Promise.all([secretUse.flush(), refresher.flush()]),
  );
}
