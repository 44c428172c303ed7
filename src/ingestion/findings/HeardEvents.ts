import type { Conflict } from './events';

const MOST_ERRORS = 10_000;
const MOST_CONFLICTS = 1000;

/**
 * What events told and nobody has looked at yet: each entity and each conflict
 * once, however often it was told, and a bounded number of them.
 *
 * What came in is given out one look later, since the catalog publishes what it
 * is about to commit.
 */
export class HeardEvents {
  #errors = { fresh: new Set<string>(), ripe: new Set<string>() };
  #conflicts = {
    fresh: new Map<string, Conflict>(),
    ripe: new Map<string, Conflict>(),
  };

  addError(entityRef: string): void {
    if (this.#errors.fresh.size < MOST_ERRORS) {
      this.#errors.fresh.add(entityRef);
    }
  }

  addConflict(conflict: Conflict): void {
    const key = JSON.stringify([conflict.entityRef, conflict.claimant]);
    const { fresh } = this.#conflicts;
    if (fresh.has(key) || fresh.size < MOST_CONFLICTS) {
      fresh.set(key, conflict);
    }
  }

  get errors(): string[] {
    return [...this.#errors.ripe];
  }

  get conflicts(): Conflict[] {
    return [...this.#conflicts.ripe.values()];
  }

  /** To be called once what was given out is dealt with. */
  ripen(): void {
    this.#errors = { fresh: new Set(), ripe: this.#errors.fresh };
    this.#conflicts = { fresh: new Map(), ripe: this.#conflicts.fresh };
  }
}
