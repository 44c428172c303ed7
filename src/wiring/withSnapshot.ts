import type { HeadsSnapshot } from '../deployments/HeadsSnapshot';
import type { DeploymentStore } from '../deployments/deployment';

type Deployments = Pick<DeploymentStore, 'record' | 'heads'>;

/**
 * Deployments of which a snapshot is told whatever heads are read. Settling
 * reads them once it has recorded and before it has anything refreshed, so what
 * a process records it shows without a look.
 */
export function withSnapshot(
  { record, heads }: Deployments,
  snapshot: HeadsSnapshot,
): Deployments {
  return {
    record,
    async heads(serviceKeys) {
      const found = await heads(serviceKeys);
      snapshot.learn(found);
      return found;
    },
  };
}
