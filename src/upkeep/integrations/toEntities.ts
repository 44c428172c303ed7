import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  type ResourceEntity,
} from '@backstage/catalog-model';
import { createHash } from 'node:crypto';
import { LOCATION_TYPE } from '../../lib/keys';
import type { Integration } from './integration';

/** An integration that entities come from, or that says something about them. */
export type FeedingIntegration = Pick<
  Integration,
  'type' | 'name' | 'title' | 'owner' | 'purpose'
> & {
  /** The refs of these entities. */
  feeds: string[];
};

/** Integrations as resources of the catalog, which the entities depend on. */
export function toEntities(
  integrations: FeedingIntegration[],
): ResourceEntity[] {
  return integrations.map(({ type, name, title, owner, purpose, feeds }) => {
    const location = `${LOCATION_TYPE}:integrations`;
    return {
      apiVersion: 'backstage.io/v1beta1',
      kind: 'Resource',
      metadata: {
        name: entityName(`custom-data-${type}-${name}`),
        title: title ?? name,
        ...(purpose !== undefined && { description: purpose }),
        annotations: {
          [ANNOTATION_LOCATION]: location,
          [ANNOTATION_ORIGIN_LOCATION]: location,
        },
      },
      spec: {
        type: 'catalog-integration',
        // As the catalog calls whoever owns what nobody claims.
        owner: owner ?? 'unknown',
        dependencyOf: feeds,
      },
    };
  });
}

/** A name may have 63 characters; the hash keeps longer ones apart. */
function entityName(wanted: string): string {
  if (wanted.length <= 63) {
    return wanted;
  }
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 8);
  return `${wanted.slice(0, 54)}-${hash}`;
}
