import { parseEntityRef } from '@backstage/catalog-model';

/** Where the API has what is about an entity. */
export function entityPath(entityRef: string) {
  const { kind, namespace, name } = parseEntityRef(entityRef);
  return { kind, namespace, name };
}
