import type { LoggerService } from '@backstage/backend-plugin-api';
import type { EventsService } from '@backstage/plugin-events-node';
import type { Knex } from 'knex';
import pLimit from 'p-limit';
import { readFailedRefs } from '../../database/catalogTables';
import { inChunks } from '../../lib/inChunks';
import { LOCATION_TYPE } from '../../lib/keys';
import { readFindings } from '../database/findings';
import {
  compareConflicts,
  compareErrors,
  ERROR_CODES,
} from './compareFindings';
import {
  type Conflict,
  CONFLICTS_TOPIC,
  ERRORS_TOPIC,
  PendingEvents,
} from './PendingEvents';

/** How long a conflict may wait until the run that gives its entity has ended. */
const MAX_WAIT_MS = 60 * 60 * 1000;

interface FindingsOptions {
  knex: Knex;
  logger: LoggerService;
  now: () => Date;
}

/**
 * Stores the errors and conflicts that the catalog has with our entities and
 * locations among the problems of their sources, for as long as they last.
 *
 * The catalog's own table says which errors there are. An event only says where
 * to look, so a burst of events or a lost one does no harm. A conflict is known
 * from its event alone.
 */
export class CatalogFindings {
  readonly #options: FindingsOptions;
  readonly #pending = new PendingEvents();
  /** Of two comparisons at once, both would log what they find. */
  readonly #oneAtATime = pLimit(1);

  constructor(options: FindingsOptions) {
    this.#options = options;
  }

  /** Events come from this process, and from others if an event bus connects them. */
  async subscribe(events: EventsService): Promise<void> {
    await events.subscribe({
      id: 'custom-data-findings',
      topics: [ERRORS_TOPIC, CONFLICTS_TOPIC],
      onEvent: async ({ topic, eventPayload }) =>
        this.#pending.add({
          topic,
          payload: eventPayload,
          receivedAt: this.#options.now(),
        }),
    });
  }

  /** Adds what events reported, and removes what is over. For each replica, every few seconds. */
  async update(): Promise<void> {
    await this.#oneAtATime(async () => {
      try {
        await this.#compareErrors();
        await this.#compareConflicts();
      } finally {
        // What failed must not fail each update; the sweep finds its errors again.
        this.#pending.advance();
      }
    });
  }

  async #compareErrors(): Promise<void> {
    const { knex } = this.#options;
    const open = await readFindings({ knex, codes: ERROR_CODES });
    const refs = open.map(({ entityRef }) => entityRef);
    await compareErrors({
      ...this.#options,
      entityRefs: [...new Set([...this.#pending.errors, ...refs])],
    });
  }

  async #compareConflicts(): Promise<void> {
    const unknown = await compareConflicts({
      ...this.#options,
      conflicts: this.#pending.conflicts,
    });
    unknown
      .filter(conflict => this.#mayBecomeOurs(conflict))
      .forEach(conflict => this.#pending.addConflict(conflict));
  }

  /** Finds errors that no event reported. For one replica, every few minutes. */
  async sweep(signal: AbortSignal): Promise<void> {
    const failed = await readFailedRefs(this.#options);
    for (const entityRefs of inChunks(failed)) {
      signal.throwIfAborted();
      await this.#oneAtATime(() =>
        compareErrors({ ...this.#options, entityRefs }),
      );
    }
  }

  /** An entity is ours only after the run that gave it has ended. */
  #mayBecomeOurs({ holder, claimant, reportedAt }: Conflict): boolean {
    return (
      [holder, claimant].some(key => key.startsWith(LOCATION_TYPE)) &&
      reportedAt.getTime() + MAX_WAIT_MS > this.#options.now().getTime()
    );
  }
}
