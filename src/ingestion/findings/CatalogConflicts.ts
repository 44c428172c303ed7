import type { EventsService } from '@backstage/plugin-events-node';
import type { Knex } from 'knex';
import { z } from 'zod';
import {
  readLocationKeys,
  readProcessingResults,
} from '../../database/catalogTables';
import { LOCATION_TYPE, recordRefreshKey } from '../../lib/keys';
import {
  type Finding,
  readFindings,
  replaceFindings,
} from '../database/findings';
import { type EntityOrigin, readOrigins } from '../database/records';

/** `CATALOG_CONFLICTS_TOPIC` of the catalog's backend. */
export const CONFLICTS_TOPIC = 'experimental.catalog.conflict';

const conflictPayload = z.object({
  entityRef: z.string(),
  existingLocationKey: z.string(),
  newLocationKey: z.string(),
});

/** Somebody claimed a ref that somebody else holds. Both are location keys. */
interface Conflict {
  entityRef: string;
  holder: string;
  claimant: string;
  reportedAt: Date;
}

const MAX_CONFLICTS = 1000;

/** How long a conflict may wait until the run that gives its entity has ended. */
const MAX_WAIT_MS = 60 * 60 * 1000;

/** For how long a conflict is kept if nothing is known of its claimant. */
const UNKNOWN_CLAIMANT_MS = 24 * 60 * 60 * 1000;

/**
 * Stores the conflicts about refs of ours that the catalog reports among the
 * problems of their sources, for as long as they last. A conflict is known from
 * its event alone.
 *
 * The catalog publishes an event before it commits what the event is about. So
 * an event is looked up by the second update after it.
 */
export class CatalogConflicts {
  readonly #options: { knex: Knex; now: () => Date };
  #reported = new Map<string, Conflict>();
  #due = new Map<string, Conflict>();

  constructor(options: { knex: Knex; now: () => Date }) {
    this.#options = options;
  }

  /** Events come from this process, and from others if an event bus connects them. */
  async subscribe(events: EventsService): Promise<void> {
    await events.subscribe({
      id: 'custom-data-conflicts',
      topics: [CONFLICTS_TOPIC],
      onEvent: async ({ eventPayload }) => {
        const { data } = conflictPayload.safeParse(eventPayload);
        if (data) {
          this.#add({
            entityRef: data.entityRef,
            holder: data.existingLocationKey,
            claimant: data.newLocationKey,
            reportedAt: this.#options.now(),
          });
        }
      },
    });
  }

  #add(conflict: Conflict): void {
    const key = JSON.stringify([conflict.entityRef, conflict.claimant]);
    if (this.#reported.has(key) || this.#reported.size < MAX_CONFLICTS) {
      this.#reported.set(key, conflict);
    }
  }

  /** Adds what events reported, and removes what is over. For each replica, every few seconds. */
  async update(): Promise<void> {
    try {
      const unknown = await this.#compare([...this.#due.values()]);
      unknown
        .filter(conflict => this.#mayBecomeOurs(conflict))
        .forEach(conflict => this.#add(conflict));
    } finally {
      this.#due = this.#reported;
      this.#reported = new Map();
    }
  }

  /** An entity is ours only after the run that gave it has ended. */
  #mayBecomeOurs({ holder, claimant, reportedAt }: Conflict): boolean {
    return (
      [holder, claimant].some(key => key.startsWith(LOCATION_TYPE)) &&
      reportedAt.getTime() + MAX_WAIT_MS > this.#options.now().getTime()
    );
  }

  /** Returns those of the conflicts that are about no ref of ours. */
  async #compare(conflicts: Conflict[]): Promise<Conflict[]> {
    const { knex } = this.#options;
    const now = this.#options.now();
    const open = await readFindings({ knex, codes: ['catalog-conflict'] });
    if (open.length + conflicts.length === 0) {
      return [];
    }
    const holders = await readLocationKeys({
      knex,
      entityRefs: open.map(({ entityRef }) => entityRef),
    });
    const origins = await readOrigins({
      knex,
      entityRefs: conflicts.map(({ entityRef }) => entityRef),
    });
    const claimants = [...open.map(({ claim }) => claim!), ...conflicts];
    const results = await readProcessingResults({
      knex,
      refreshKeys: claimants.map(({ claimant }) => refreshKeyOf(claimant)),
    });
    const lasting = open.filter(finding =>
      lasts(finding, { holders, results, now }),
    );
    const added = conflicts.map(conflict =>
      (origins.get(conflict.entityRef) ?? []).flatMap(origin =>
        toFinding(conflict, origin, results),
      ),
    );
    const after = [...lasting, ...added.flat()];
    await replaceFindings({ knex, before: open, after, now });
    return conflicts.filter((_, index) => added[index].length === 0);
  }
}

/**
 * A conflict is over once somebody else or nobody holds the ref, or once the
 * catalog has processed the claimant anew without reporting it again.
 */
function lasts(
  { entityRef, claim }: Finding,
  known: {
    holders: Map<string, string | null>;
    results: Map<string, string>;
    now: Date;
  },
): boolean {
  const { holder, claimant, state, reportedAt } = claim!;
  return (
    known.holders.get(entityRef) === holder &&
    (state
      ? known.results.get(refreshKeyOf(claimant)) === state
      : Date.parse(reportedAt) + UNKNOWN_CLAIMANT_MS > known.now.getTime())
  );
}

function toFinding(
  { entityRef, holder, claimant, reportedAt }: Conflict,
  { source, recordId, locationKey }: EntityOrigin,
  results: Map<string, string>,
): Finding[] {
  if (locationKey !== holder && locationKey !== claimant) {
    return [];
  }
  const isRefused = locationKey === claimant;
  return [
    {
      code: 'catalog-conflict',
      severity: isRefused ? 'error' : 'warning',
      source,
      recordId,
      entityRef,
      message: isRefused
        ? `The catalog refused it: it has "${entityRef}" from "${holder}". Give it another name here, or remove it there`
        : `The catalog refused the same ref from "${claimant}". Give it another name there, or remove it here`,
      claim: {
        holder,
        claimant,
        state: results.get(refreshKeyOf(claimant)) ?? '',
        reportedAt: reportedAt.toISOString(),
      },
    },
  ];
}

/** Whatever reads a location gives its entities this refresh key. */
function refreshKeyOf(claimant: string): string {
  const own = claimant.match(/^([^:]+):([^/]+)\/(.+)$/s);
  return own?.[1] === LOCATION_TYPE
    ? recordRefreshKey(own[2], own[3])
    : claimant;
}
