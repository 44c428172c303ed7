import {
  type CurrentDeployment,
  type Deployment,
  toDeployment,
} from '../../deployments/deployment';
import type { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { currentOf } from '../../deployments/order';
import type { Delivery, DeploymentTables } from '../delivery';

/** Deployments in memory. */
export class FakeDeployments implements DeploymentTables {
  all: CurrentDeployment[] = [];
  readonly events = new Map<string, Deployment>();

  constructor(private readonly subjects: () => DeploymentSubjects) {}

  async record(deliveries: Delivery[]): Promise<void> {
    this.all = currentOf([...this.all, ...deliveries.map(toDeployment)]);
    for (const delivery of deliveries) {
      this.events.set(delivery.id, toDeployment(delivery));
    }
  }

  async current(
    entityRefs: string[],
  ): Promise<Map<string, CurrentDeployment[]>> {
    const all = this.subjects().groupByEntity(this.all);
    return new Map(
      entityRefs.flatMap(ref => {
        const current = all.get(ref);
        return current ? [[ref, current] as const] : [];
      }),
    );
  }
}
