import type { EntityRegistry } from '../database/catalogTables';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { Refresher } from '../locations/createRefresher';
import { deploymentRefreshKey } from '../lib/keys';
import type { Delivery, DeploymentTables } from './delivery';
import type { Evaluation } from './evaluate';
import { judge } from './judge';

/** What settling works with for many deliveries at once. */
export interface PrepareServices {
  deployments: DeploymentTables;
  /** Of all senders, those at fault included. */
  subjects: DeploymentSubjects;
  refresher: Refresher;
  registry: Pick<EntityRegistry, 'locationKeys'>;
  now: () => Date;
}

/** A delivery that is recorded, and that the catalog was told of. */
export interface PreparedDelivery extends Evaluation {
  delivery: Delivery;
  /** Whether the catalog has the entity; undefined where that is to be fetched first. */
  known?: boolean;
  /** As of when the verdict is. */
  judgedAt: Date;
}

/**
 * Does what settling has in common: records deployments and has the entities
 * that show them processed, with a number of queries that does not grow with
 * that of the deliveries. Every step can be repeated.
 */
export async function prepareDeliveries(
  options: PrepareServices & { deliveries: Delivery[] },
): Promise<PreparedDelivery[]> {
  const { deliveries, deployments } = options;
  await deployments.record(deliveries);
  const judgedAt = options.now();
  const verdicts = await judge(options);
  await refreshWhatShows(options, verdicts);
  const known = await findEntities(options, verdicts);
  return verdicts.map((verdict, i) => ({
    ...verdict,
    judgedAt,
    delivery: deliveries[i],
    ...(!deliveries[i].event.catalogRefresh && {
      known: known.has(verdict.entityRef),
    }),
  }));
}

async function refreshWhatShows(
  { refresher }: PrepareServices,
  verdicts: Evaluation[],
): Promise<void> {
  const refs = unique(
    verdicts.filter(({ changes }) => changes).map(each => each.entityRef),
  );
  if (refs.length > 0) {
    await refresher.refreshKeys(refs.map(deploymentRefreshKey));
  }
}

async function findEntities(
  options: PrepareServices & { deliveries: Delivery[] },
  verdicts: Evaluation[],
): Promise<{ has(entityRef?: string): boolean }> {
  const { deliveries, registry } = options;
  const refs = unique(
    verdicts
      .filter((_, i) => !deliveries[i].event.catalogRefresh)
      .map(each => each.entityRef),
  );
  const found = refs.length > 0 ? await registry.locationKeys(refs) : new Map();
  return { has: ref => ref !== undefined && found.has(ref) };
}

function unique(refs: Array<string | undefined>): string[] {
  return [...new Set(refs.filter(ref => ref !== undefined))];
}
