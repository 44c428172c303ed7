import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type { SourceSettings } from '../../config/source';
import type { Version } from '../../ingestion/database/pushes';
import { toContribution } from '../../ingestion/mapRecord';
import { counted } from '../../lib/values';
import { checkEntity } from '../../validation/createEntityValidator';
import type { Target } from './findTarget';

/** What entities of a source are held to. */
export interface PushedSource {
  settings: SourceSettings;
  shape?: { placeholders?: string[] };
}

/**
 * An entity of a body as its source may have it.
 *
 * @throws InputError that names each field that is wrong.
 */
export async function toEntity(
  { settings, shape }: PushedSource,
  given: JsonObject,
  where = '',
): Promise<Entity> {
  const { entity, faults } = await checkEntity(given, {
    ...settings,
    placeholders: shape?.placeholders,
  });
  if (faults.length > 0) {
    throw new InputError(
      faults
        .map(({ path, reason }) => `${where}${path || 'entity'} ${reason}`)
        .join('; '),
    );
  }
  return entity as unknown as Entity;
}

/** An entity as it is written. Its revision covers the annotations of its location. */
export function toVersion(
  { settings, current }: Target,
  entity: Entity,
): Version {
  const recordId = current?.recordId ?? stringifyEntityRef(entity);
  return toContribution({ source: settings.name, recordId, entity });
}

const MAX_REPORTED = 20;

/** All entities of a set, or what is wrong with them. */
export async function toEntities(
  source: PushedSource,
  given: JsonObject[],
): Promise<Entity[]> {
  const entities: Entity[] = [];
  const faults: string[] = [];
  const positions = new Map<string, number>();
  for (const [index, each] of given.entries()) {
    const where = `body[${index}]: `;
    try {
      const entity = await toEntity(source, each, where);
      const ref = stringifyEntityRef(entity);
      const earlier = positions.get(ref);
      if (earlier !== undefined) {
        faults.push(`${where}is "${ref}", as body[${earlier}] is`);
      }
      positions.set(ref, index);
      entities.push(entity);
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw error;
      }
      faults.push(error.message);
    }
  }
  if (faults.length > 0) {
    const more = faults.splice(MAX_REPORTED).length;
    throw new InputError(
      [
        ...faults,
        ...(more ? [`and ${counted(more, 'entity')} more`] : []),
      ].join('; '),
    );
  }
  return entities;
}
