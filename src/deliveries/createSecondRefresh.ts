import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Refresher } from '../ingestion/createRefresher';
import { describeError } from './describeError';

/** For how long keys are gathered that are refreshed once more together. */
const GATHER_MS = 500;

/** How long after that; longer than replicas go without a look at what changed. */
const DELAY_MS = 1000;

/** A refresher that does it again a little later. */
export interface SecondRefresh extends Refresher {
  /** Does what is left now. */
  flush(): Promise<void>;
}

/**
 * Refreshes keys, and a little later once more: on another replica an entity
 * may have been processed with what that knew before, and the key of one whose
 * first processing was under way was not stored yet. What a killed process had
 * left of this shows at the catalog's next regular pass.
 */
export function createSecondRefresh(options: {
  refresher: Refresher;
  logger: LoggerService;
}): SecondRefresh {
  const { refresher, logger } = options;
  const waiting = new Set<Batch>();
  let gathering: Batch | undefined;

  async function refresh(batch: Batch): Promise<void> {
    clearTimeout(batch.timer);
    waiting.delete(batch);
    try {
      await refresher.refreshKeys([...batch.keys]);
    } catch (error) {
      logger.warn(
        `What ${
          batch.keys.size
        } entities show was not refreshed once more; on another replica it may be out of date until the catalog processes them anyway: ${describeError(
          error,
        )}`,
      );
    }
  }

  function open(): Batch {
    const batch: Batch = {
      keys: new Set(),
      timer: setTimeout(() => {
        gathering = undefined;
        batch.timer = setTimeout(() => void refresh(batch), DELAY_MS).unref();
      }, GATHER_MS).unref(),
    };
    waiting.add(batch);
    return batch;
  }

  return {
    refreshEntity: entity => refresher.refreshEntity(entity),
    async refreshKeys(keys) {
      await refresher.refreshKeys(keys);
      gathering ??= open();
      const { keys: gathered } = gathering;
      keys.forEach(key => gathered.add(key));
    },
    async flush() {
      gathering = undefined;
      await Promise.all([...waiting].map(refresh));
    },
  };
}

interface Batch {
  keys: Set<string>;
  timer: NodeJS.Timeout;
}
