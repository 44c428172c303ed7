import type { EntityRegistry, Refresher } from '../model/catalog';
import type { Settlement } from '../model/delivery';
import type {
  DeploymentPublisher,
  SettledDeployment,
} from '../model/deployment';
import { RetryLaterError } from '../model/errors';
import { resolveService } from '../model/senderEntity';
import type { SenderSettings } from '../model/settings';
import { unlessAborted } from '../model/unlessAborted';
import type { PreparedDelivery } from './prepareDeliveries';

/** What settling works with for one delivery. */
export interface SettleServices {
  refresher: Refresher;
  registry: Pick<EntityRegistry, 'locationKeys'>;
  publisher: DeploymentPublisher;
}

interface SettleOptions extends SettleServices {
  prepared: PreparedDelivery;
  /** Undefined for one that is not configured, or misconfigured. */
  sender: SenderSettings | undefined;
  signal: AbortSignal;
}

type SettledState = SettledDeployment['state'];

/**
 * Does the rest of what a recorded delivery asks for: brings the entity itself
 * up to date where that is asked for, and tells other plugins.
 *
 * Throws where that is worth another try; every step can be repeated.
 */
export async function settleDelivery(
  options: SettleOptions,
): Promise<Settlement> {
  const { prepared, sender, publisher, signal } = options;
  const { delivery, entityRef } = prepared;
  if (!sender || entityRef === undefined) {
    // It was accepted, so it is ours to finish: the sender may be at fault for
    // a while, or known to newer replicas only.
    throw new RetryLaterError(
      `Sender '${delivery.sender}' is not configured, or misconfigured`,
    );
  }
  const known =
    prepared.known ?? (await refreshAndFind({ ...options, sender, entityRef }));
  const settlement = outcomeOf({ ...prepared, entityRef, known });
  await unlessAborted(
    publisher.publish(toEvent({ ...prepared, entityRef }, settlement.state)),
    signal,
  );
  return settlement;
}

function outcomeOf(
  prepared: PreparedDelivery & { entityRef: string; known: boolean },
): { state: SettledState; reason?: string } {
  const { delivery, entityRef, superseded, known } = prepared;
  if (superseded) {
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

function toEvent(
  prepared: PreparedDelivery & { entityRef: string },
  state: SettledState,
): SettledDeployment {
  const { delivery, deployment, entityRef, current } = prepared;
  const { serviceKey, arrival, ...told } = deployment;
  return {
    ...told,
    service: delivery.event.service,
    entityRef,
    state,
    current,
  };
}

/** Refreshes the entity; whether there is one. */
async function refreshAndFind(
  options: SettleOptions & { sender: SenderSettings; entityRef: string },
): Promise<boolean> {
  const { prepared, sender, entityRef, refresher, registry, signal } = options;
  const outcome = await refresher.refreshEntity({
    entityRef,
    record: recordOf(sender, prepared.delivery.event.service),
    signal,
  });
  return (
    outcome === 'refreshed' ||
    (await registry.locationKeys([entityRef])).has(entityRef)
  );
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
