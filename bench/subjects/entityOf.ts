import type { Entity } from '@backstage/catalog-model';
import type { DeferredEntity } from '@backstage/plugin-catalog-node';
import type { ServiceRecord } from '../api/registry';
import { SOURCE } from './sourceConfig';

/** In plain JavaScript what `sourceConfig` says in expressions, and this module adds. */
export function entityOf(record: ServiceRecord): Entity {
  const location = `custom-data:${SOURCE}/${record.serviceId}`;
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: record.serviceId,
      description: record.description,
      annotations: {
        'backstage.io/managed-by-location': location,
        'backstage.io/managed-by-origin-location': location,
        'custom/owner': record.team,
        'custom/tier': String(record.tier),
      },
      tags: [record.language.toLowerCase(), `tier-${record.tier}`],
      links: [
        { url: record.repository, title: 'Repository', icon: 'code' },
        { url: record.dashboardUrl, title: 'Dashboard', icon: 'dashboard' },
      ],
    },
    spec: {
      type: 'service',
      lifecycle: record.lifecycle,
      owner: `group:${record.team}`,
      dependsOn: record.dependsOn.map(name => `component:${name}`),
    },
  };
}

export const deferred = (entity: Entity): DeferredEntity => ({
  entity,
  locationKey: `custom-data-${SOURCE}`,
});
