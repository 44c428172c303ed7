import type { Entity } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';

/** One entity of a source as it is to be: `after` undefined removes it. */
export interface EntityChange {
  entityRef: string;
  /** Of the record that gives it; by default of the one that has it now, or else its ref. */
  recordId?: string;
  /** Revision that it must have now; null: it must not exist; undefined: whatever it is. */
  before?: string | null;
  after?: Entity;
  /** Keeps it so whatever the source says, until unpinned. */
  pin?: Pin;
}

export interface Pin {
  reason: string;
  /** ISO 8601 in UTC. */
  until?: string;
}

/** Throws an `InputError` for a time that has passed. */
export function toPin(options: {
  reason: string;
  until?: Date;
  now: Date;
}): Pin {
  const { reason, until, now } = options;
  if (until && until <= now) {
    throw new InputError(
      `until: "${until.toISOString()}" has passed; give a time that is to come, or leave it out`,
    );
  }
  return { reason, until: until?.toISOString() };
}

/** A change that was not made, and why. */
export interface LeftChange {
  entityRef: string;
  reason: string;
  /** The revision of the entity, where there is one. */
  current?: string;
}

/** What became of changes. */
export interface ChangeReport {
  runId: string;
  /** `hash` is the new revision; none for an entity that was removed. */
  applied: Array<{ entityRef: string; hash?: string }>;
  left: LeftChange[];
}
