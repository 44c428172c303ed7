import type { Delivery } from '../deliveries/delivery';
import type { DeploymentHead } from './deployment';
import { deploymentOf, isDeciding } from './deploymentOf';
import { isNewer } from './newestHeads';

/** What orders the heads of a lane. */
export type LaneOrder = Pick<
  DeploymentHead,
  'sequence' | 'eventAt' | 'arrival'
>;

/** The heads that remain when deliveries are recorded: what a store does, without one. */
export function recordOnto(
  heads: DeploymentHead[],
  deliveries: Delivery[],
): DeploymentHead[] {
  const lanes = new Map(heads.map(head => [laneOf(head), head]));
  for (const deployment of deliveries.map(deploymentOf).filter(isDeciding)) {
    const lane = laneOf(deployment);
    const head = lanes.get(lane);
    if (!head || replaces(deployment, head)) {
      lanes.set(lane, deployment);
    }
  }
  return [...lanes.values()];
}

/** Events with a sequence are ordered by it among themselves, apart from those without. */
function laneOf(head: DeploymentHead): string {
  const { sender, serviceKey, environment, sequence } = head;
  return JSON.stringify([
    sender,
    serviceKey,
    environment,
    sequence !== undefined,
  ]);
}

/** Whether one takes the place of another of its lane. */
export function replaces(deployment: LaneOrder, head: LaneOrder): boolean {
  if (deployment.sequence === undefined || head.sequence === undefined) {
    return isNewer(deployment, head);
  }
  return (
    deployment.sequence > head.sequence ||
    (deployment.sequence === head.sequence && deployment.arrival > head.arrival)
  );
}
