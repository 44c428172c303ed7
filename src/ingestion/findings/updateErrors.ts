import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import {
  readFailedRefs,
  readLocationTargets,
  readProcessingErrors,
} from '../../database/catalogTables';
import { inChunks } from '../../lib/inChunks';
import { LOCATION_TYPE, parseTarget } from '../../lib/keys';
import { quoteValue } from '../../lib/values';
import { isRecordId } from '../../sources/http/recordUrl';
import {
  type Finding,
  firstOfEachSource,
  readFindings,
  replaceFindings,
} from '../database/findings';
import { readOrigins } from '../database/records';

const MAX_MESSAGE_LENGTH = 2000;

/**
 * Stores the errors that the catalog has with our entities and locations among
 * the problems of their sources, for as long as they last. Its own table says
 * which there are.
 */
export async function updateErrors(options: {
  knex: Knex;
  logger: LoggerService;
  now: () => Date;
  signal: AbortSignal;
}): Promise<void> {
  const { knex, logger, now, signal } = options;
  const before = await readFindings({
    knex,
    codes: ['catalog-error', 'location-failed'],
  });
  const after: Finding[] = [];
  // Not more than that in memory, either.
  const isKept = firstOfEachSource();
  // In one order, so that the same ones are kept of too many.
  const failed = await readFailedRefs({ knex });
  for (const entityRefs of inChunks(failed.sort())) {
    signal.throwIfAborted();
    const errors = await readErrors(knex, entityRefs);
    after.push(...errors.filter(isKept));
  }
  const changes = await replaceFindings({ knex, before, after, now: now() });
  logLocations(logger, changes);
}

/** The errors of these entities and locations, of those that are ours. */
async function readErrors(knex: Knex, refs: string[]): Promise<Finding[]> {
  const errors = await readProcessingErrors({ knex, entityRefs: refs });
  const entityRefs = [...errors.keys()];
  const origins = await readOrigins({ knex, entityRefs });
  const targets = await readLocationTargets({
    knex,
    entityRefs,
    type: LOCATION_TYPE,
  });
  const toMessage = (what: string, entityRef: string) =>
    `${what}: ${errors.get(entityRef)?.join('; ')}`.slice(
      0,
      MAX_MESSAGE_LENGTH,
    );
  const ofEntities = [...origins].flatMap(([entityRef, records]) =>
    records.map(
      ({ source, recordId }): Finding => ({
        code: 'catalog-error',
        severity: 'error',
        source,
        recordId,
        entityRef,
        message: toMessage('The catalog could not process it', entityRef),
      }),
    ),
  );
  const ofLocations = [...targets].flatMap(([entityRef, all]) =>
    (all.length > 0 ? all : [undefined]).map(target =>
      toLocationFinding(entityRef, target, toMessage),
    ),
  );
  return [...ofEntities, ...ofLocations];
}

function toLocationFinding(
  entityRef: string,
  target: string | undefined,
  toMessage: (what: string, entityRef: string) => string,
): Finding {
  const { source = '', recordId = '' } = parseTarget(target ?? '') ?? {};
  const which =
    target === undefined
      ? 'without a target'
      : `with the target ${quoteValue(target)}`;
  return {
    code: 'location-failed',
    severity: 'error',
    source,
    // No record has another id, and the column could not hold each.
    recordId: isRecordId(recordId) ? recordId : undefined,
    entityRef,
    message: toMessage(
      `The location "${entityRef}" ${which} failed`,
      entityRef,
    ),
  };
}

/** The catalog itself logs the errors of entities, but not those of a location's first read. */
function logLocations(
  logger: LoggerService,
  { began, ended }: { began: Finding[]; ended: Finding[] },
): void {
  const isOfLocation = ({ code }: Finding) => code === 'location-failed';
  const where = (source: string) => (source ? `In source "${source}", ` : '');
  for (const { source, message } of began.filter(isOfLocation)) {
    logger.warn(`${where(source)}location-failed: ${message}`);
  }
  for (const { source, entityRef } of ended.filter(isOfLocation)) {
    logger.info(`${where(source)}the location "${entityRef}" no longer fails`);
  }
}
