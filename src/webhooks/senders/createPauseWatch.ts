import type { LoggerService } from '@backstage/backend-plugin-api';
import type { SenderStore } from '../sender';

/** Which senders are paused at run time, as this process knows it. */
export interface PauseWatch {
  /** Told from memory: it is asked for each request. */
  isPaused(sender: string): boolean;
  /** Looks into the table; what was known stays where that fails. */
  refresh(): Promise<void>;
}

export function createPauseWatch(options: {
  store: Pick<SenderStore, 'paused'>;
  logger: LoggerService;
}): PauseWatch {
  const { store, logger } = options;
  let known: ReadonlyMap<string, unknown> = new Map();
  let begun = 0;
  let shown = 0;
  return {
    isPaused: sender => known.has(sender),
    refresh: async () => {
      const look = ++begun;
      const paused = await store.paused();
      // A look that began later saw more, though its answer came first.
      if (look < shown) {
        return;
      }
      shown = look;
      logChanges(logger, known, paused);
      known = paused;
    },
  };
}

function logChanges(
  logger: LoggerService,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, { by: string }>,
): void {
  for (const [sender, { by }] of after) {
    if (!before.has(sender)) {
      logger.warn(
        `Webhook sender "${sender}" was paused by "${by}": what it sends is turned away until somebody resumes it`,
      );
    }
  }
  for (const sender of before.keys()) {
    if (!after.has(sender)) {
      logger.info(`Webhook sender "${sender}" was resumed`);
    }
  }
}
