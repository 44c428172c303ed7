import type { DeliveryFilter, DeliveryState } from './delivery';

/** What a replay of a selection of deliveries would do. */
export interface ReplayPlan {
  /** Of the deliveries selected: a replay takes it, and does not begin where the selection has changed. */
  hash: string;
  /** How many deliveries. */
  count: number;
  /** How many of them are in which state now. */
  states: Partial<Record<DeliveryState, number>>;
  /** Entities that would show something else than the catalog shows now. */
  entities: ReplayedEntity[];
}

export interface ReplayedEntity {
  entityRef: string;
  environments: Array<{
    environment: string;
    /** What the catalog shows; undefined where it shows nothing. */
    before?: { version: string; deployedAt: string };
    /** What it would show; undefined where it would show nothing. */
    after?: { version: string; deployedAt: string };
  }>;
}

/** What people do with deliveries. */
export interface DeliveryControl {
  /**
   * Has a delivery settled once more. Throws a `NotFoundError` for one that
   * nobody knows, and a `ConflictError` for an ignored one.
   */
  redeliver(id: string): Promise<void>;
  /** Changes nothing. Throws an `InputError` for a selection that is too large for one replay. */
  planReplay(filter: DeliveryFilter): Promise<ReplayPlan>;
  /**
   * Has all of a selection settled once more; how many. Throws a
   * `ConflictError` where `hash` is not that of a plan of the same deliveries.
   */
  replay(filter: DeliveryFilter, hash: string): Promise<number>;
}

/** What the catalog shows of deployments now: the module's annotations, by entity ref; no entry for one that it does not have. */
export interface ShownDeployments {
  annotationsOf(
    entityRefs: string[],
  ): Promise<Map<string, Record<string, string>>>;
}
