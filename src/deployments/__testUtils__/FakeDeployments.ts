import type { Delivery } from '../../deliveries/delivery';
import type {
  Deployment,
  DeploymentHead,
  DeploymentStore,
} from '../deployment';
import { deploymentOf } from '../deploymentOf';
import { recordOnto } from '../recordOnto';

/** Deployments in memory. */
export class FakeDeployments
  implements Pick<DeploymentStore, 'record' | 'heads'>
{
  allHeads: DeploymentHead[] = [];
  readonly events = new Map<string, Deployment>();

  async record(deliveries: Delivery[]): Promise<void> {
    this.allHeads = recordOnto(this.allHeads, deliveries);
    for (const delivery of deliveries) {
      this.events.set(delivery.id, deploymentOf(delivery));
    }
  }

  async heads(serviceKeys: string[]): Promise<DeploymentHead[]> {
    const keys = new Set(serviceKeys);
    return this.allHeads.filter(head => keys.has(head.serviceKey));
  }
}
