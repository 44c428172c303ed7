import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import type { DeploymentHead } from './deployment';
import { newestHeads } from './newestHeads';

/** What one environment shows. */
export interface ShownDeployment {
  version: string;
  deployedAt: string;
}

/** What of a head says what an entity shows. */
export type ShowingHead = Pick<
  DeploymentHead,
  'environment' | 'status' | 'version' | 'eventAt' | 'arrival'
>;

/**
 * What runs of an entity, as annotations: for each environment the newest,
 * whichever sender told it, and nothing where that says `removed`.
 */
export function annotationsOf(
  heads: Iterable<ShowingHead>,
): Record<string, string> {
  const newest = [...newestHeads(heads).values()];
  newest.sort((a, b) => (a.environment < b.environment ? -1 : 1));
  const annotations: Record<string, string> = {};
  for (const { status, environment, version, eventAt } of newest) {
    if (status !== 'removed') {
      annotations[`${DEPLOYED_VERSION_PREFIX}${environment}`] = version;
      annotations[`${DEPLOYED_AT_PREFIX}${environment}`] = eventAt;
    }
  }
  return annotations;
}

/** Whether an annotation is one of those that show deployments. */
export function isDeploymentAnnotation(key: string): boolean {
  return (
    key.startsWith(DEPLOYED_VERSION_PREFIX) ||
    key.startsWith(DEPLOYED_AT_PREFIX)
  );
}

/** Back from annotations to what they show, by environment. */
export function shownOf(
  annotations: Record<string, string>,
): Map<string, ShownDeployment> {
  const shown = new Map<string, ShownDeployment>();
  for (const key of Object.keys(annotations).filter(isDeploymentAnnotation)) {
    const prefix = key.startsWith(DEPLOYED_AT_PREFIX)
      ? DEPLOYED_AT_PREFIX
      : DEPLOYED_VERSION_PREFIX;
    const environment = key.slice(prefix.length);
    shown.set(environment, {
      version: annotations[`${DEPLOYED_VERSION_PREFIX}${environment}`] ?? '',
      deployedAt: annotations[`${DEPLOYED_AT_PREFIX}${environment}`] ?? '',
    });
  }
  return shown;
}
