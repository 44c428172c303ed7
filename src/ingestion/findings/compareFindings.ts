/*
 * Compares the findings that are stored with what the catalog has, and stores
 * the difference.
 */
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import {
  readLocationKeys,
  readLocationTargets,
  readProcessingErrors,
  readProcessingResults,
} from '../../database/catalogTables';
import { inChunks } from '../../lib/inChunks';
import { LOCATION_TYPE, parseTarget, recordRefreshKey } from '../../lib/keys';
import type { FindingCode } from '../../lib/problem';
import { quoteValue } from '../../lib/values';
import { isRecordId } from '../../sources/http/recordUrl';
import {
  type Finding,
  readFindings,
  replaceFindings,
} from '../database/findings';
import { type EntityOrigin, readOrigins } from '../database/records';
import type { Conflict } from './PendingEvents';

const MAX_MESSAGE_LENGTH = 2000;

/** Codes of what the catalog's table of errors says. */
export const ERROR_CODES: FindingCode[] = ['catalog-error', 'location-failed'];

/** Brings the stored errors of these entities and locations in line with the catalog's. */
export async function compareErrors(options: {
  knex: Knex;
  logger: LoggerService;
  now: () => Date;
  entityRefs: string[];
}): Promise<void> {
  const { knex, logger, now } = options;
  for (const entityRefs of inChunks(options.entityRefs)) {
    const errors = await readProcessingErrors({ knex, entityRefs });
    const failed = [...errors.keys()];
    const origins = await readOrigins({ knex, entityRefs: failed });
    const targets = await readLocationTargets({
      knex,
      entityRefs: failed,
      type: LOCATION_TYPE,
    });
    const ofEntities = [...origins].flatMap(([entityRef, records]) =>
      records.map(
        ({ source, recordId }): Finding => ({
          code: 'catalog-error',
          severity: 'error',
          source,
          recordId,
          entityRef,
          message: toMessage(errors.get(entityRef)!),
        }),
      ),
    );
    const ofLocations = [...targets].flatMap(([entityRef, all]) =>
      (all.length > 0 ? all : [undefined]).map(target =>
        toLocationFinding({
          entityRef,
          target,
          errors: errors.get(entityRef)!,
        }),
      ),
    );
    const changes = await replaceFindings({
      knex,
      before: await readFindings({ knex, codes: ERROR_CODES, entityRefs }),
      after: [...ofEntities, ...ofLocations],
      now: now(),
    });
    logLocations(logger, changes);
  }
}

function toLocationFinding(options: {
  entityRef: string;
  target?: string;
  errors: string[];
}): Finding {
  const { entityRef, target, errors } = options;
  const { source = '', recordId = '' } = parseTarget(target ?? '') ?? {};
  const which =
    target === undefined
      ? 'without a target'
      : `with the target ${quoteValue(target)}`;
  const message = `The location "${entityRef}" ${which} failed: ${errors.join(
    '; ',
  )}`;
  return {
    code: 'location-failed',
    severity: 'error',
    source,
    // No record has another id, and the column could not hold each.
    recordId: isRecordId(recordId) ? recordId : undefined,
    entityRef,
    message: message.slice(0, MAX_MESSAGE_LENGTH),
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

function toMessage(errors: string[]): string {
  const text = `The catalog could not process it: ${errors.join('; ')}`;
  return text.slice(0, MAX_MESSAGE_LENGTH);
}

/** For how long a conflict is kept if nothing is known of its claimant. */
const UNKNOWN_CLAIMANT_MS = 24 * 60 * 60 * 1000;

/**
 * Stores new conflicts that involve an entity of ours, and removes those that
 * are over. Returns the new ones that involve none.
 */
export async function compareConflicts(options: {
  knex: Knex;
  now: () => Date;
  conflicts: Conflict[];
}): Promise<Conflict[]> {
  const { knex, now, conflicts } = options;
  const open = await readFindings({ knex, codes: ['catalog-conflict'] });
  if (open.length + conflicts.length === 0) {
    return [];
  }
  const holders = await readLocationKeys({
    knex,
    entityRefs: [...new Set(open.map(({ entityRef }) => entityRef))],
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
    lasts(finding, { holders, results, now: now() }),
  );
  const added = conflicts.map(conflict =>
    (origins.get(conflict.entityRef) ?? []).flatMap(origin =>
      toFinding(conflict, origin, results),
    ),
  );
  await replaceFindings({
    knex,
    before: open,
    after: [...lasting, ...added.flat()],
    now: now(),
  });
  return conflicts.filter((_, index) => added[index].length === 0);
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
