import type { LoggerService } from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import { setTimeout } from 'node:timers/promises';
import { applyChanges } from '../../ingestion/changes/applyChanges';
import type { EntityChange } from '../../ingestion/changes/change';
import type { SourcesContext } from '../../ingestion/control/sources';
import {
  forgetPushes,
  readWaitingPushes,
  type WaitingPush,
} from '../../ingestion/database/pushes';
import { readGivenEntities } from '../../ingestion/database/records';

/** One run gives the catalog so many at most. */
const MAX_PUSHES = 500;

/** What is pushed meanwhile goes with the next run: each has a row, and the source's lease. */
const INTERVAL_MS = 1000;

type PushContext = Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured'> & {
  logger: LoggerService;
  shutdown: AbortSignal;
};

/**
 * Gives the catalog what was pushed. A push is stored before it is answered, so
 * whatever happens to this process, its next look or another one's gives it.
 */
export class PushWorker {
  readonly #context: PushContext;
  /** Sources to look at. */
  readonly #wanted = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();

  constructor(context: PushContext) {
    this.#context = context;
  }

  /** Looks soon whether something of a source waits. */
  request(source: string): void {
    this.#wanted.add(source);
    if (!this.#working.has(source)) {
      const working = this.#work(source).finally(() =>
        this.#working.delete(source),
      );
      this.#working.set(source, working);
    }
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#working.values());
  }

  /** Looks at all push sources: a process may have died after it had stored a push. */
  requestAll(): void {
    for (const { settings } of this.#context.syncs.values()) {
      if (settings.type === 'push') {
        this.request(settings.name);
      }
    }
  }

  async #work(source: string): Promise<void> {
    const { logger, shutdown: signal } = this.#context;
    while (this.#wanted.delete(source) && !signal.aborted) {
      try {
        await this.flush(source);
      } catch (error) {
        logger.warn(
          `What was pushed to source "${source}" is not in the catalog yet; it is tried again`,
          toError(error),
        );
      }
      // Rejects at the shutdown, which ends the loop.
      await setTimeout(INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Gives the catalog all that waits now, and can be given. */
  async flush(source: string): Promise<void> {
    const { knex, shutdown: signal } = this.#context;
    let waiting: WaitingPush[] = [];
    do {
      waiting = await readWaitingPushes({
        knex,
        source,
        after: waiting.at(-1)?.entityRef,
        limit: MAX_PUSHES,
      });
      const { idle, due } = await this.#withoutIdle(source, waiting);
      if (due.length > 0) {
        const report = await applyChanges(this.#context, {
          source,
          kind: 'push',
          by: [...new Set(due.map(({ by }) => by))].join(', '),
          reason: 'pushed',
          changes: due.map(toChange),
          signal,
        });
        const applied = new Set(report.applied.map(each => each.entityRef));
        const pushes = due.filter(({ entityRef }) => applied.has(entityRef));
        await forgetPushes({ knex, source, pushes });
      }
      await forgetPushes({ knex, source, pushes: idle });
    } while (waiting.length === MAX_PUSHES);
  }

  /** One that was created and removed before the catalog saw it needs nothing. */
  async #withoutIdle(
    source: string,
    waiting: WaitingPush[],
  ): Promise<{ idle: WaitingPush[]; due: WaitingPush[] }> {
    const { knex } = this.#context;
    const given = await readGivenEntities({
      knex,
      source,
      entityRefs: waiting
        .filter(({ entity }) => entity === undefined)
        .map(({ entityRef }) => entityRef),
    });
    const isIdle = ({ entity, entityRef }: WaitingPush) =>
      entity === undefined && !given.has(entityRef);
    return {
      idle: waiting.filter(isIdle),
      due: waiting.filter(push => !isIdle(push)),
    };
  }
}

/** One that was written again before the run has the lease is left for the next. */
function toChange({ entityRef, entity, hash }: WaitingPush): EntityChange {
  return {
    entityRef,
    recordId: entityRef,
    before: hash,
    after: entity === undefined ? undefined : JSON.parse(entity),
  };
}
