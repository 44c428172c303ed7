import { z } from 'zod';

/** Of `CATALOG_ERRORS_TOPIC` and `CATALOG_CONFLICTS_TOPIC` of the catalog's backend. */
export const ERRORS_TOPIC = 'experimental.catalog.errors';
export const CONFLICTS_TOPIC = 'experimental.catalog.conflict';

/** That somebody wanted a ref which somebody else has; both named by location key. */
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

/** Which entity an event about errors is about; the errors themselves the catalog's table tells. */
export function readErrorRef(payload: unknown): string | undefined {
  return errorsPayload.safeParse(payload).data?.entity;
}

export function readConflict(
  payload: unknown,
  reportedAt: Date,
): Conflict | undefined {
  const { data } = conflictPayload.safeParse(payload);
  return (
    data && {
      entityRef: data.entityRef,
      holder: data.existingLocationKey,
      claimant: data.newLocationKey,
      reportedAt,
    }
  );
}
