import type { Entity } from '@backstage/catalog-model';
import type { DeferredEntity } from '@backstage/plugin-catalog-node';
import type { JsonObject } from '@backstage/types';
import type { ServiceRecord } from './registry';

export const SOURCE = 'registry';

/** The source in the module's configuration: eight expressions. */
export const sourceConfig = (url: string): JsonObject => ({
  url,
  records: 'services',
  id: 'serviceId',
  entity: {
    kind: 'Component',
    metadata: {
      name: '${{ serviceId }}',
      description: '${{ description }}',
      annotations: {
        'custom/owner': '${{ team }}',
        'custom/tier': '${{ $string(tier) }}',
      },
      tags: '${{ [ $lowercase(language), "tier-" & tier ] }}',
      links: `\${{ [
        { "url": repository, "title": "Repository", "icon": "code" },
        { "url": dashboardUrl, "title": "Dashboard", "icon": "dashboard" }
      ] }}`,
    },
    spec: {
      type: 'service',
      lifecycle: '${{ lifecycle }}',
      owner: 'group:${{ team }}',
      dependsOn: '${{ [dependsOn.("component:" & $)] }}',
    },
  },
  // Nothing runs by itself in a benchmark. These only have to be long enough.
  schedule: { frequency: { hours: 24 }, timeout: { minutes: 30 } },
  request: { timeout: { minutes: 5 }, maxBytes: 500_000_000 },
});

/** The same entity in plain JavaScript, for the peers. */
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

export const deferred = (record: ServiceRecord): DeferredEntity => ({
  entity: entityOf(record),
  locationKey: `custom-data-${SOURCE}`,
});
