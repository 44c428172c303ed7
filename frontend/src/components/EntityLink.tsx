import { parseEntityRef } from '@backstage/catalog-model';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import {
  entityRouteParams,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import { ShownText } from './ShownText';

/** The ref of an entity, as a link to its page if it is one. */
export function EntityLink({ entityRef }: { entityRef: string }) {
  const entityRoute = useRouteRef(entityRouteRef);
  const text = <ShownText value={entityRef} />;
  if (!entityRoute || !isEntityRef(entityRef)) {
    return text;
  }
  const params = entityRouteParams(entityRef, { encodeParams: true });
  return <Link href={entityRoute(params)}>{text}</Link>;
}

function isEntityRef(text: string): boolean {
  try {
    return Boolean(parseEntityRef(text));
  } catch {
    return false;
  }
}
