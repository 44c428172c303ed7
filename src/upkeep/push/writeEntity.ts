import { ConflictError } from '@backstage/errors';
import type { SourcesContext } from '../../ingestion/control/sources';
import { readCurrentPins } from '../../ingestion/changes/readCurrent';
import {
  type CurrentVersion,
  readCurrentVersion,
  swapVersion,
  type Version,
} from '../../ingestion/database/pushes';
import { recordConflict } from './database/conflicts';
import { assertNotPaused, type Target } from './findTarget';
import { isConditional, mayWrite, type Preconditions } from './preconditions';

/** The revision that a write expected is not the present one (RFC 9110, section 15.5.13). */
export class PreconditionFailedError extends Error {
  name = 'PreconditionFailedError' as const;
  readonly statusCode = 412;

  constructor(
    message: string,
    /** The present revision; none where there is no entity. */
    readonly revision?: string,
  ) {
    super(message);
  }
}

/** A write has to say what it expects (RFC 6585, section 3). */
export class PreconditionRequiredError extends Error {
  name = 'PreconditionRequiredError' as const;
  readonly statusCode = 428;
}

/** A write of one entity. */
export interface Write {
  entityRef: string;
  /** None to remove it. */
  next?: Version;
  by: string;
  preconditions: Preconditions;
  /** The headers of the preconditions, for people to see. */
  expected: string;
}

/** The revisions before and after a write; none where there was, or is, no entity. */
export interface Written {
  before?: string;
  after?: string;
}

/**
 * Writes an entity of a push source. What is stored is what counts; a run gives
 * it to the catalog. Two who expect the same revision do not both succeed, on
 * whichever backends.
 */
export async function writePushed(
  context: SourcesContext,
  target: Target,
  write: Write,
): Promise<Written> {
  const { knex, now } = context;
  const { entityRef, next, by } = write;
  await assertTakesWrites(context, target, entityRef);
  const { name: source } = target.settings;
  let { current } = target;
  for (;;) {
    await assertExpected(
      context,
      { settings: target.settings, current },
      write,
    );
    const before = current?.hash;
    const isSame = before === next?.hash;
    const expected = before ?? null;
    const swap = { knex, source, entityRef, expected, next, by, now: now() };
    if (isSame || (await swapVersion(swap))) {
      return { before, after: next?.hash };
    }
    current = await readCurrentVersion({ knex, entityRef });
    if (current && current.source !== source) {
      throw new ConflictError(
        `"${entityRef}" is of source "${current.source}" by now; try again`,
      );
    }
  }
}

/** @throws ConflictError while the source is paused, or a pin keeps the entity as it is. */
async function assertTakesWrites(
  context: SourcesContext,
  { settings, current }: Target,
  entityRef: string,
): Promise<void> {
  if (!current || current.pausedBy || settings.paused) {
    await assertNotPaused(context, settings);
  }
  const now = context.now();
  const pin = current ? current.pin : await readPin(context, entityRef);
  if (pin && !(pin.until && pin.until <= now)) {
    throw new ConflictError(
      `"${entityRef}" is pinned by ${pin.by}: ${pin.reason}; DELETE its pin first`,
    );
  }
}

/** A pin may keep an entity absent. */
async function readPin(
  { knex, now }: SourcesContext,
  entityRef: string,
): Promise<CurrentVersion['pin']> {
  const entityRefs = [entityRef];
  const pins = await readCurrentPins({ knex, entityRefs, now: now() });
  return pins.get(entityRef);
}

/**
 * Makes sure that a write expects what there is. If not, both versions are kept
 * as a conflict.
 */
export async function assertExpected(
  context: SourcesContext,
  { settings, current }: Target,
  write: Write,
): Promise<void> {
  const { preconditions, entityRef, expected, next, by } = write;
  if (settings.requireIfMatch && !isConditional(preconditions)) {
    throw new PreconditionRequiredError(
      `Source "${settings.name}" wants each write to say what it replaces: send the ETag of GET as "If-Match", or "If-None-Match: *" for a new entity`,
    );
  }
  if (mayWrite(preconditions, current?.hash)) {
    return;
  }
  const { knex, now } = context;
  const conflict = {
    entityRef,
    source: settings.name,
    by,
    expected,
    current,
    given: next,
  };
  await recordConflict({ knex, conflict, now: now() });
  throw mismatch(entityRef, current);
}

function mismatch(
  entityRef: string,
  current: CurrentVersion | undefined,
): Error {
  return current
    ? new PreconditionFailedError(
        `"${entityRef}" has the revision "${current.hash}" by now, and nothing was written; GET it, and decide again`,
        current.hash,
      )
    : new PreconditionFailedError(
        `There is no "${entityRef}", and nothing was written; "If-None-Match: *" creates it`,
      );
}
