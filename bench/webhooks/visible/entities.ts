import type { Entity } from '@backstage/catalog-model';

/** The annotation by which it is seen that a bare route has come through. */
export const MARK = 'bench/mark';

export const serviceName = (index: number) =>
  `service-${String(index).padStart(6, '0')}`;

export const refOf = (index: number) =>
  `component:default/${serviceName(index)}`;

/** One of the catalog's entities. */
export function seedEntity(index: number, mark?: string): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: serviceName(index),
      description: `Looks after part ${index}`,
      annotations: {
        'backstage.io/managed-by-location': 'bench:seed',
        'backstage.io/managed-by-origin-location': 'bench:seed',
        ...(mark !== undefined && { [MARK]: mark }),
      },
    },
    spec: { type: 'service', lifecycle: 'production', owner: 'group:team' },
  };
}
