import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { refOfEntity } from '../config/entities';
import type { SourceSettings } from '../config/source';
import type { Problem } from '../lib/problem';
import { escapeControls, isObject } from '../lib/values';
import { type Allowed, allowedFaults } from './allowedFaults';
import { contentFaults, mayHaveContentFaults } from './contentFaults';
import { adviseMapping, type Fault } from './faults';
import { formatFaults } from './formatFaults';
import { kindFaults, policyFaults } from './kindFaults';
import { linkFaults } from './linkFaults';
import { refFaults } from './refFaults';

export type ValidateOutcome =
  | { type: 'valid'; entity: Entity; problems?: Problem[] }
  | { type: 'invalid'; problems: Problem[] };

export type ValidationSettings = Allowed &
  Pick<SourceSettings, 'name' | 'maxEntityBytes'> & {
    /** Names of placeholders that the catalog has beyond its own. */
    placeholders?: string[];
  };

export type ValidateEntity = ReturnType<typeof createEntityValidator>;

/**
 * Returns a function that checks what a record was mapped to: whether the
 * catalog takes it, and whether its source may emit it.
 */
export function createEntityValidator(settings: ValidationSettings) {
  return async (
    candidate: JsonObject,
    recordId: string,
  ): Promise<ValidateOutcome> => {
    const { entity, faults } = await checkEntity(candidate, settings);
    return faults.length
      ? {
          type: 'invalid',
          problems: faults.map(fault =>
            toProblem(fault, entity, { source: settings.name, recordId }),
          ),
        }
      : { type: 'valid', entity: entity as unknown as Entity };
  };
}

/** What is wrong with a candidate. Its kind is spelled as the source's `kinds` does. */
export async function checkEntity(
  candidate: JsonObject,
  settings: ValidationSettings,
): Promise<{ entity: JsonObject; faults: Fault[] }> {
  // A transformer may give anything.
  const given = isObject(candidate) ? candidate : {};
  const kind = settings.kinds.find(
    known =>
      typeof given.kind === 'string' &&
      known.toLowerCase() === given.kind.toLowerCase(),
  );
  const entity = kind ? { ...given, kind } : given;
  return { entity, faults: await findFaults(entity, settings) };
}

/** Of the faults of contents and refs, which may be as many as their parts. */
const MAX_FAULTS = 20;

async function findFaults(
  entity: JsonObject,
  settings: ValidationSettings,
): Promise<Fault[]> {
  const json = JSON.stringify(entity);
  const bytes = Buffer.byteLength(json);
  if (bytes > settings.maxEntityBytes) {
    const reason = `has ${bytes} bytes of JSON, and "maxEntityBytes" of the source is ${settings.maxEntityBytes}; leave out what the catalog does not need, or raise it`;
    return [{ code: 'entity-invalid', path: '', reason }];
  }
  const policy = await policyFaults(entity);
  const faults = [
    ...(mayHaveContentFaults(json)
      ? contentFaults(entity, '', settings.placeholders).slice(0, MAX_FAULTS)
      : []),
    ...(policy.length ? formatFaults(entity) : []),
    ...allowedFaults(entity, settings),
    ...linkFaults(entity),
    ...refFaults(entity).slice(0, MAX_FAULTS),
    ...(await kindFaults(entity)),
  ];
  const distinct = faults.filter(
    ({ path }, index) =>
      !faults.slice(0, index).some(known => isWithin(path, known.path)),
  );
  return distinct.length ? distinct : policy;
}

/** Whether a path is another, or below it. */
export function isWithin(path: string, parent: string): boolean {
  return (
    path.startsWith(parent) &&
    ['', '.', '['].includes(path.charAt(parent.length))
  );
}

function toProblem(
  fault: Fault,
  entity: JsonObject,
  { source, recordId }: { source: string; recordId: string },
): Problem {
  const { code, path, value } = fault;
  // The table's column could hold no other.
  const entityRef = refOfEntity(entity);
  return {
    code,
    severity: 'error',
    recordId,
    ...(entityRef && { entityRef }),
    ...(path && { path }),
    message: escapeControls(
      `Record "${recordId}" of source "${source}": ${
        path || 'the entity'
      } ${adviseMapping(fault)}`,
    ),
    ...(value !== undefined && { value }),
  };
}
