/** Name of a source's entity provider, and location key of its entities. */
export function providerName(source: string): string {
  return `custom-data-${source}`;
}

/** Where the API shows a source; what operators do with it stands below. */
export function sourcePath(source: string): string {
  return `/api/catalog/custom-data/sources/${source}`;
}

/** Location type that `CustomDataProcessor` reads. */
export const LOCATION_TYPE = 'custom-data';

const TARGET = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(.+)$/s;

/**
 * The record that a location's target `<source>/<record id>` names; undefined
 * for any other target. The source decides which record ids are allowed.
 */
export function parseTarget(
  target: string,
): { source: string; recordId: string } | undefined {
  const match = TARGET.exec(target);
  return match ? { source: match[1], recordId: match[2] } : undefined;
}

/** Of a record's id. The columns of the tables hold no more. */
export const MAX_ID_LENGTH = 255;

/** The kind of a ref, as the ref spells it. */
export function kindOf(entityRef: string): string {
  return entityRef.slice(0, entityRef.indexOf(':'));
}

/** Refresh key of the entities that were read from a record. */
export function recordRefreshKey(source: string, recordId: string): string {
  return `custom-data-record:${source}/${recordId}`;
}

/** Refresh key of an entity that shows deployments. */
export function deploymentRefreshKey(entityRef: string): string {
  return `custom-data-deployment:${entityRef}`;
}

/** Annotations that show deployments, one for each destination. */
export const DEPLOYED_VERSION_PREFIX = 'custom/deployed-version.';
export const DEPLOYED_AT_PREFIX = 'custom/deployed-at.';

/** Annotation that says why an entity is deprecated. */
export const DEPRECATED_ANNOTATION = 'custom/deprecated-reason';
