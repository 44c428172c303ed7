import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type {
  DeploymentFilter,
  DeploymentSubjects,
} from '../deployments/deployment';
import type { Page, PageRequest } from '../lib/page';
import type { VisibleRefs } from './createVisibleRefs';

/** How often a page that is short of what it may hold is filled up. */
const MAX_READS = 10;

interface Row {
  sender: string;
  serviceKey: string;
}

/** A row, and the entity that it is about. */
export type OfEntity<T> = T & { entityRef: string };

/**
 * A page of rows whose entities the caller may see. It may be short, or empty,
 * and not the last: what is left out is not known before it is read. Nothing is
 * counted, since that would tell how much is left out.
 */
export async function readVisible<T extends Row>(options: {
  filter: DeploymentFilter;
  page: PageRequest;
  read: (page: PageRequest) => Promise<Page<T>>;
  caller: BackstageCredentials;
  subjects: DeploymentSubjects;
  visibleRefs: VisibleRefs;
}): Promise<{ items: OfEntity<T>[]; next?: string[] }> {
  const { filter, page, read } = options;
  const items: OfEntity<T>[] = [];
  if (filter.subjects?.length === 0) {
    return { items };
  }
  let { after } = page;
  for (let reads = 0; reads < MAX_READS; reads++) {
    const part = await read({ limit: page.limit - items.length, after });
    items.push(...(await visibleOf(part.items, options)));
    after = part.next;
    if (!after || items.length === page.limit) {
      break;
    }
  }
  return { items, next: after };
}

async function visibleOf<T extends Row>(
  rows: T[],
  options: {
    caller: BackstageCredentials;
    subjects: DeploymentSubjects;
    visibleRefs: VisibleRefs;
  },
): Promise<OfEntity<T>[]> {
  const { caller, subjects, visibleRefs } = options;
  const known = rows.flatMap(row => {
    const entityRef = subjects.entityRefOf(row.sender, row.serviceKey);
    return entityRef === undefined ? [] : [{ ...row, entityRef }];
  });
  const visible = await visibleRefs(
    known.map(({ entityRef }) => entityRef),
    caller,
  );
  return known.filter(({ entityRef }) => visible.has(entityRef));
}
