import { z } from 'zod';

/* `CATALOG_ERRORS_TOPIC` and `CATALOG_CONFLICTS_TOPIC` of the catalog's backend. */
export const ERRORS_TOPIC = 'experimental.catalog.errors';
export const CONFLICTS_TOPIC = 'experimental.catalog.conflict';

/** Somebody claimed a ref that somebody else holds. Both are location keys. */
export interface Conflict {
  entityRef: string;
  holder: string;
  claimant: string;
  reportedAt: Date;
}

const errorsPayload = z.object({ entity: z.string() });

const conflictPayload = z.object({
  entityRef: z.string(),
  existingLocationKey: z.string(),
  newLocationKey: z.string(),
});

const MAX_ERRORS = 10_000;
const MAX_CONFLICTS = 1000;

/**
 * Events of the catalog that have not been looked up yet: each entity and each
 * conflict once, and a bounded number of them.
 *
 * The catalog publishes an event before it commits what the event is about. So
 * an event is due one `advance` after it came in.
 */
export class PendingEvents {
  #newErrors = new Set<string>();
  #newConflicts = new Map<string, Conflict>();
  #dueErrors = new Set<string>();
  #dueConflicts = new Map<string, Conflict>();

  /** Ignores a payload that it does not know. */
  add(event: { topic: string; payload: unknown; receivedAt: Date }): void {
    const { topic, payload, receivedAt } = event;
    if (topic === ERRORS_TOPIC) {
      const { data } = errorsPayload.safeParse(payload);
      if (data && this.#newErrors.size < MAX_ERRORS) {
        this.#newErrors.add(data.entity);
      }
      return;
    }
    const { data } = conflictPayload.safeParse(payload);
    if (data) {
      this.addConflict({
        entityRef: data.entityRef,
        holder: data.existingLocationKey,
        claimant: data.newLocationKey,
        reportedAt: receivedAt,
      });
    }
  }

  addConflict(conflict: Conflict): void {
    const key = JSON.stringify([conflict.entityRef, conflict.claimant]);
    const conflicts = this.#newConflicts;
    if (conflicts.has(key) || conflicts.size < MAX_CONFLICTS) {
      conflicts.set(key, conflict);
    }
  }

  /** Refs of entities with errors. */
  get errors(): string[] {
    return [...this.#dueErrors];
  }

  get conflicts(): Conflict[] {
    return [...this.#dueConflicts.values()];
  }

  /** Makes due what came in since, and forgets what was due before. */
  advance(): void {
    this.#dueErrors = this.#newErrors;
    this.#dueConflicts = this.#newConflicts;
    this.#newErrors = new Set();
    this.#newConflicts = new Map();
  }
}
