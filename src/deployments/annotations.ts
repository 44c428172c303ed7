import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import type { CurrentDeployment } from './deployment';
import { newestByEnvironment } from './order';

/** What one environment shows. */
export interface ShownDeployment {
  version: string;
  deployedAt: string;
}

/**
 * What runs of an entity, as annotations: for each environment the newest
 * deployment of all senders, and nothing where its status is `removed`.
 */
export function annotationsOf(
  current: Iterable<CurrentDeployment>,
): Record<string, string> {
  const newest = [...newestByEnvironment(current).values()];
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

/** What annotations show, by environment: the inverse of `annotationsOf`. */
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
