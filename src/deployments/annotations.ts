import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import type { CurrentDeployment } from './deployment';
import { newestByDestination } from './order';

/** What one destination shows. */
export interface ShownDeployment {
  version: string;
  deployedAt: string;
}

/**
 * What runs of an entity, as annotations: for each destination the newest
 * deployment of all senders, and nothing where its status is `removed`.
 */
export function annotationsOf(
  current: Iterable<CurrentDeployment>,
): Record<string, string> {
  const newest = [...newestByDestination(current)];
  newest.sort(([a], [b]) => (a < b ? -1 : 1));
  const annotations: Record<string, string> = {};
  for (const [destination, { status, version, eventAt }] of newest) {
    if (status !== 'removed') {
      annotations[`${DEPLOYED_VERSION_PREFIX}${destination}`] = version;
      annotations[`${DEPLOYED_AT_PREFIX}${destination}`] = eventAt;
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

/** Whether annotations show these deployments (see `annotationsOf`), and no others. */
export function showsExactly(
  annotations: Record<string, string>,
  expected: Record<string, string>,
): boolean {
  const shown = Object.keys(annotations).filter(isDeploymentAnnotation);
  const keys = Object.keys(expected);
  return (
    shown.length === keys.length &&
    keys.every(key => annotations[key] === expected[key])
  );
}

/** What annotations show, by destination: the inverse of `annotationsOf`. */
export function shownOf(
  annotations: Record<string, string>,
): Map<string, ShownDeployment> {
  const shown = new Map<string, ShownDeployment>();
  for (const key of Object.keys(annotations).filter(isDeploymentAnnotation)) {
    const prefix = key.startsWith(DEPLOYED_AT_PREFIX)
      ? DEPLOYED_AT_PREFIX
      : DEPLOYED_VERSION_PREFIX;
    const destination = key.slice(prefix.length);
    shown.set(destination, {
      version: annotations[`${DEPLOYED_VERSION_PREFIX}${destination}`] ?? '',
      deployedAt: annotations[`${DEPLOYED_AT_PREFIX}${destination}`] ?? '',
    });
  }
  return shown;
}
