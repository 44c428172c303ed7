/** Prefix of the provider of a source, and location key of its entities. */
export function providerName(source: string): string {
  return `custom-data-${source}`;
}

/** Location type that `CustomDataProcessor` reads. */
export const LOCATION_TYPE = 'custom-data';

/** Refresh key of what was read from a record. */
export function recordRefreshKey(source: string, recordId: string): string {
  return `custom-data-record:${source}/${recordId}`;
}

/** Refresh key of an entity that shows deployments. */
export function deploymentRefreshKey(entityRef: string): string {
  return `custom-data-deployment:${entityRef}`;
}

/** Annotations of what runs where; one each for an environment. */
export const DEPLOYED_VERSION_PREFIX = 'custom/deployed-version.';
export const DEPLOYED_AT_PREFIX = 'custom/deployed-at.';
