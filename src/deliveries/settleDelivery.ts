import { resolveService } from '../config/senderEntity';
import type { SenderSettings } from '../config/settings';
import type { EntityRegistry } from '../database/catalogTables';
import type { Refresher } from '../locations/createRefresher';
import { abortable } from '../lib/abort';
import { endInTime } from '../lib/deadline';
import { RetryLaterError } from '../lib/errors';
import type { Breaker } from './createBreaker';
import type { Turns } from './createTurns';
import type {
  Delivery,
  DeploymentPublisher,
  PublishedDeployment,
  Settlement,
} from './delivery';
import type { Evaluation } from './evaluate';
import type { SecondLook } from './judge';
import type { PreparedDelivery } from './prepareDeliveries';

/** For how long a verdict stands; what waited for longer is judged once more. */
const FRESH_MS = 200;

/** What settling works with for one delivery. */
export interface SettleServices {
  refresher: Refresher;
  registry: Pick<EntityRegistry, 'locationKeys'>;
  publisher: DeploymentPublisher;
  now: () => Date;
}

/** What all that is settled in a process has in common. */
export interface SettleTogether {
  fetching: Turns;
  publishing: Turns;
  /** Around the publisher. */
  breaker: Breaker;
  judgeAgain: SecondLook;
}

interface SettleOptions extends SettleServices, SettleTogether {
  prepared: PreparedDelivery;
  /** Undefined for one that is not configured, or misconfigured. */
  sender: SenderSettings | undefined;
  signal: AbortSignal;
}

type Judged = Evaluation & { delivery: Delivery; entityRef: string };
type SettledState = PublishedDeployment['state'];

/**
 * Does the rest of what a recorded delivery asks for: brings the entity itself
 * up to date where that is asked for, and tells other plugins how things stand
 * then.
 *
 * Throws where that is worth another try; every step can be repeated.
 */
export async function settleDelivery(
  options: SettleOptions,
): Promise<Settlement> {
  const { prepared, sender, fetching, publishing, signal } = options;
  const { delivery, entityRef } = prepared;
  if (!sender || entityRef === undefined) {
    // It was accepted, so it is ours to finish: the sender may be at fault for
    // a while, or known to newer replicas only.
    throw new RetryLaterError(
      `Sender '${delivery.sender}' is not configured, or misconfigured`,
    );
  }
  const known =
    prepared.known ??
    (await fetching.take(
      // A source may hang whatever its signal says, and is not to keep the turn.
      () =>
        endInTime(refreshAndFind({ ...options, sender, entityRef }), signal),
      signal,
    ));
  return publishing.take(
    () => publish({ ...options, entityRef, known }),
    signal,
  );
}

async function publish(
  options: SettleOptions & { entityRef: string; known: boolean },
): Promise<Settlement> {
  const { entityRef, known, publisher, breaker, signal } = options;
  const verdict = await abortable(freshVerdict(options), signal);
  const judged = { ...verdict, entityRef };
  const settlement = outcomeOf(judged, known);
  const event = toEvent(judged, settlement.state);
  await breaker(() => abortable(publisher.publish(event), signal));
  return settlement;
}

/** While it was fetched, or waited for its turn, something newer may have come. */
async function freshVerdict({
  prepared,
  judgeAgain,
  now,
}: SettleOptions): Promise<Evaluation & { delivery: Delivery }> {
  const age = now().getTime() - prepared.judgedAt.getTime();
  const hasFetched = prepared.known === undefined;
  if (!hasFetched && Math.abs(age) <= FRESH_MS) {
    return prepared;
  }
  const { delivery } = prepared;
  return { ...(await judgeAgain(delivery)), delivery };
}

function outcomeOf(
  { delivery, entityRef, superseded }: Judged,
  known: boolean,
): { state: SettledState; reason?: string } {
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

function toEvent(judged: Judged, state: SettledState): PublishedDeployment {
  const { delivery, deployment, entityRef, current } = judged;
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
