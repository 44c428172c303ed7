import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import { setTimeout } from 'node:timers/promises';
import type { ApiContext } from '../createApiRouter';

/** The catalog shows new entities about once a second. */
const INTERVAL_MS = 1000;

/**
 * Returns an entity as soon as the catalog shows it to whoever asks.
 *
 * @throws NotFoundError when the time is over.
 */
export async function waitForEntity(
  { catalog, now, shutdown }: Pick<ApiContext, 'catalog' | 'now' | 'shutdown'>,
  options: {
    entityRef: string;
    timeoutSeconds: number;
    credentials: BackstageCredentials;
  },
): Promise<{ entityRef: string; entity: Entity }> {
  const { entityRef, timeoutSeconds, credentials } = options;
  const end = now().getTime() + timeoutSeconds * 1000;
  for (;;) {
    const { items } = await catalog.getEntitiesByRefs(
      { entityRefs: [entityRef] },
      { credentials },
    );
    const [entity] = items;
    if (entity) {
      return { entityRef, entity };
    }
    if (now().getTime() >= end) {
      throw new NotFoundError(
        `The catalog shows no entity "${entityRef}" after ${timeoutSeconds} seconds; the problems of its source may say why`,
      );
    }
    await setTimeout(INTERVAL_MS, undefined, { signal: shutdown });
  }
}
