import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import type { CurrentDeployment } from './deployment';
import { newestByPlace } from './order';

/** What one place shows. */
export interface ShownDeployment {
  version: string;
  deployedAt: string;
}

/**
 * What runs of an entity, as annotations: for each place the newest
 * deployment of all senders, and nothing where its status is `removed`.
 */
export function annotationsOf(
  current: Iterable<CurrentDeployment>,
): Record<string, string> {
  const newest = [...newestByPlace(current)];
  newest.sort(([a], [b]) => (a < b ? -1 : 1));
  const annotations: Record<string, string> = {};
  for (const [place, { status, version, eventAt }] of newest) {
    if (status !== 'removed') {
      annotations[`${DEPLOYED_VERSION_PREFIX}${place}`] = version;
      annotations[`${DEPLOYED_AT_PREFIX}${place}`] = eventAt;
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

/** What annotations show, by place: the inverse of `annotationsOf`. */
export function shownOf(
  annotations: Record<string, string>,
): Map<string, ShownDeployment> {
  const shown = new Map<string, ShownDeployment>();
  for (const key of Object.keys(annotations).filter(isDeploymentAnnotation)) {
    const prefix = key.startsWith(DEPLOYED_AT_PREFIX)
      ? DEPLOYED_AT_PREFIX
      : DEPLOYED_VERSION_PREFIX;
    const place = key.slice(prefix.length);
    shown.set(place, {
      version: annotations[`${DEPLOYED_VERSION_PREFIX}${place}`] ?? '',
      deployedAt: annotations[`${DEPLOYED_AT_PREFIX}${place}`] ?? '',
    });
  }
  return shown;
}
