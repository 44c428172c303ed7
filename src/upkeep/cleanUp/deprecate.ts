import type { Entity } from '@backstage/catalog-model';
import { DEPRECATED_ANNOTATION } from '../../lib/keys';

/** An entity that says that it is deprecated, and why. The same reason gives the same entity. */
export function deprecate(entity: Entity, why: string): Entity {
  return {
    ...entity,
    metadata: {
      ...entity.metadata,
      annotations: {
        ...entity.metadata.annotations,
        [DEPRECATED_ANNOTATION]: why,
      },
    },
    spec: { ...entity.spec, lifecycle: 'deprecated' },
  };
}
