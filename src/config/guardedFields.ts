/** The fields of which the catalog makes relations. */
export const RELATION_FIELDS = [
  'spec.owner',
  'spec.system',
  'spec.domain',
  'spec.subdomainOf',
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

/** The fields of entities by which people find and group them. Changes of many at once are held. */
export const GUARDED_FIELDS = [
  ...RELATION_FIELDS,
  'spec.type',
  'spec.lifecycle',
] as const;

export type GuardedField = (typeof GUARDED_FIELDS)[number];
