/** The fields of entities by which people find and group them. Changes of many at once are held. */
export const GUARDED_FIELDS = [
  'spec.owner',
  'spec.system',
  'spec.type',
  'spec.lifecycle',
  'spec.domain',
  'spec.subdomainOf',
  'spec.partOf',
  'spec.subcomponentOf',
  'spec.dependsOn',
  'spec.dependencyOf',
  'spec.providesApis',
  'spec.consumesApis',
  'spec.memberOf',
  'spec.members',
  'spec.parent',
  'spec.children',
] as const;

export type GuardedField = (typeof GUARDED_FIELDS)[number];
