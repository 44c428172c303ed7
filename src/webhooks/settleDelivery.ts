import type { EntityRegistry, Refresher } from '../model/catalog';
import type { Delivery, DeliveryState } from '../model/delivery';
import type { DeploymentStore } from '../model/deployment';
import { RetryLaterError } from '../model/errors';
import { deploymentRefreshKey } from '../model/keys';
import { entityRefOf, resolveService } from '../model/senderEntity';
import type { SenderSettings } from '../model/settings';

/** What settling works with. */
export interface SettleServices {
  deployments: DeploymentStore;
  refresher: Refresher;
  registry: EntityRegistry;
}

export interface Settlement {
  state: Extract<DeliveryState, 'done' | 'unmatched' | 'superseded'>;
  reason?: string;
}

/**
 * Does what a delivery asks for: records the deployment, has the entity that
 * shows it processed, and where asked brings the entity itself up to date.
 *
 * Throws where that is worth another try; every step can be repeated.
 */
export async function settleDelivery(
  options: SettleServices & {
    delivery: Delivery;
    /** Undefined for one that is not configured, or misconfigured. */
    sender: SenderSettings | undefined;
    signal: AbortSignal;
  },
): Promise<Settlement> {
  const { delivery, sender, deployments, refresher } = options;
  const recorded = await deployments.record(delivery);
  if (!sender) {
    // It was accepted, so it is ours to finish: the sender may be at fault for
    // a while, or known to newer replicas only.
    throw new RetryLaterError(
      `Sender '${delivery.sender}' is not configured, or misconfigured`,
    );
  }
  const entityRef = entityRefOf(sender, delivery.event.service);
  if (recorded === 'current') {
    await refresher.refreshKeys([deploymentRefreshKey(entityRef)]);
  }
  const known = await refreshAndFind({ ...options, sender, entityRef });
  if (recorded === 'superseded') {
    return {
      state: 'superseded',
      reason: `A newer deployment to '${delivery.event.environment}' is known`,
    };
  }
  return known
    ? { state: 'done' }
    : {
        state: 'unmatched',
        reason: `The catalog has no entity '${entityRef}'; what was deployed shows once it has`,
      };
}

/** Refreshes the entity where the event asks for it; whether there is one. */
async function refreshAndFind(
  options: SettleServices & {
    delivery: Delivery;
    sender: SenderSettings;
    entityRef: string;
    signal: AbortSignal;
  },
): Promise<boolean> {
  const { delivery, sender, entityRef, refresher, registry, signal } = options;
  if (delivery.event.catalogRefresh) {
    const outcome = await refresher.refreshEntity({
      entityRef,
      record: recordOf(sender, delivery.event.service),
      signal,
    });
    if (outcome === 'refreshed') {
      return true;
    }
  }
  return (await registry.locationKeys([entityRef])).has(entityRef);
}

function recordOf(
  sender: SenderSettings,
  service: string,
): { source: string; recordId: string } | undefined {
  if (!sender.record) {
    return undefined;
  }
  const name = resolveService(sender, service);
  return {
    source: sender.record.source,
    // A function, since text to replace with may hold patterns such as `$&`.
    recordId: sender.record.id.replaceAll('{service}', () => name),
  };
}
