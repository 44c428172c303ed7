import type { EventsService } from '@backstage/plugin-events-node';
import { LOCATION_TYPE } from '../../lib/keys';
import { HeardEvents } from './HeardEvents';
import {
  type Conflict,
  CONFLICTS_TOPIC,
  ERRORS_TOPIC,
  readConflict,
  readErrorRef,
} from './events';
import {
  addConflicts,
  checkConflicts,
  type ConflictsOptions,
} from './settleConflicts';
import { settleErrors } from './settleErrors';

/** How long a conflict waits for the run to end that gave the entity. */
const WAITS_MS = 60 * 60 * 1000;

/** Keeps what the catalog finds in our entities among the problems of their sources, while it lasts. */
export interface CatalogFindings {
  /** Hears where to look: of what this process finds, and others where a bus connects them. */
  subscribe(events: EventsService): Promise<void>;
  /** Looks at what was heard of; on each replica, often. */
  look(): Promise<void>;
  /** Lets go of what does not last; on one replica, often. */
  check(): Promise<void>;
  /** Looks at all of our entities, for errors that no event told; on one replica, seldom. */
  sweep(signal: AbortSignal): Promise<void>;
}

/**
 * What is true of an error the catalog's own table tells: an event says where to
 * look, so that a burst of them, or one that is lost, does no harm. Of a conflict
 * nothing but its event tells.
 */
export function createCatalogFindings(
  options: ConflictsOptions,
): CatalogFindings {
  const { findings, now } = options;
  const heard = new HeardEvents();

  const hear = (topic: string, payload: unknown) => {
    if (topic === ERRORS_TOPIC) {
      const entityRef = readErrorRef(payload);
      return entityRef === undefined || heard.addError(entityRef);
    }
    const conflict = readConflict(payload, now());
    return conflict === undefined || heard.addConflict(conflict);
  };
  /** An entity is ours only once the run that gave it has ended. */
  const mayBecomeOurs = ({ holder, claimant, reportedAt }: Conflict) =>
    [holder, claimant].some(key => key.startsWith(LOCATION_TYPE)) &&
    reportedAt.getTime() + WAITS_MS > now().getTime();

  return {
    subscribe: events =>
      events.subscribe({
        id: 'custom-data-findings',
        topics: [ERRORS_TOPIC, CONFLICTS_TOPIC],
        onEvent: async ({ topic, eventPayload }) => {
          hear(topic, eventPayload);
        },
      }),
    async look() {
      await settleErrors(options, heard.errors);
      const others = await addConflicts(options, heard.conflicts);
      others.filter(mayBecomeOurs).forEach(c => heard.addConflict(c));
      heard.ripen();
    },
    async check() {
      const errors = await findings.open('catalog-error');
      const refs = new Set(errors.map(({ entityRef }) => entityRef));
      await settleErrors(options, [...refs]);
      await checkConflicts(options);
    },
    async sweep(signal) {
      let refs = await findings.entityRefs();
      while (refs.length > 0) {
        signal.throwIfAborted();
        await settleErrors(options, refs);
        refs = await findings.entityRefs(refs.at(-1));
      }
    },
  };
}
