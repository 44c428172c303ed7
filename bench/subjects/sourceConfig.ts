import type { JsonObject } from '@backstage/types';

export const SOURCE = 'registry';

/** The source of the benchmarks as an app-config has it: eight expressions. */
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
  // Nothing runs by itself here; these only have to be long enough.
  schedule: { frequency: { hours: 24 }, timeout: { minutes: 30 } },
  request: { timeout: { minutes: 5 }, maxBytes: 500_000_000 },
});
