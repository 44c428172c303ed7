import type { CurrentDeployment } from '../model/deployment';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../model/keys';

/** What runs where, as annotations: for each environment the newest, whichever sender told it. */
export function annotationsOf(
  deployments: CurrentDeployment[],
): Record<string, string> {
  const newest = new Map<string, CurrentDeployment>();
  for (const deployment of deployments) {
    const other = newest.get(deployment.environment);
    if (!other || compare(deployment, other) > 0) {
      newest.set(deployment.environment, deployment);
    }
  }
  const environments = [...newest.values()].sort((a, b) =>
    compareText(a.environment, b.environment),
  );
  return Object.fromEntries(
    environments.flatMap(({ environment, version, deployedAt }) => [
      [`${DEPLOYED_VERSION_PREFIX}${environment}`, version],
      [`${DEPLOYED_AT_PREFIX}${environment}`, deployedAt],
    ]),
  );
}

// Of two at the same time it has to be the same one in each pass.
function compare(a: CurrentDeployment, b: CurrentDeployment): number {
  return (
    compareText(a.deployedAt, b.deployedAt) ||
    compareText(a.sender, b.sender) ||
    compareText(a.serviceKey, b.serviceKey)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
