import type { Delivery } from './delivery';

/** What runs of one service in one environment, as one sender told it. */
export interface CurrentDeployment {
  sender: string;
  /** The service as the sender names it, in lower case. */
  serviceKey: string;
  environment: string;
  version: string;
  /** ISO 8601 in UTC. */
  deployedAt: string;
}

export interface DeploymentStore {
  /**
   * Adds a delivery's event to the history and, where its status changes what
   * runs and nothing newer is known, makes it current. The same delivery twice
   * is once.
   */
  record(delivery: Delivery): Promise<'current' | 'superseded' | 'recorded'>;
  /** What runs of these services, one query whatever their number. */
  current(serviceKeys: string[]): Promise<CurrentDeployment[]>;
}
