import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { ConflictError, InputError } from '@backstage/errors';
import {
  type CatalogService,
  locationSpecToLocationEntity,
} from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { saveManifest } from '../database/manifests';
import { toCatalogError } from './catalogError';
import { explainWildcard, type LocationManifest } from './readManifest';

/** What became of a target. `exists`: the catalog had it already. */
export interface TargetOutcome {
  target: string;
  state: 'registered' | 'exists' | 'failed';
  /** The catalog's id of the location. */
  id?: string;
  error?: string;
  /** What a wildcard in it does. */
  note?: string;
}

export interface RegisterOptions {
  knex: Knex;
  catalog: Pick<CatalogService, 'addLocation'>;
  now: () => Date;
}

/**
 * Hands each target of a manifest to the catalog, with the caller's own
 * credentials, and keeps which name it came under.
 *
 * @throws the catalog's error if it took none of them.
 */
export async function registerManifest(
  { knex, catalog, now }: RegisterOptions,
  options: {
    manifest: LocationManifest;
    credentials: BackstageCredentials;
    by: string;
  },
): Promise<TargetOutcome[]> {
  const { manifest, credentials, by } = options;
  const { name, type, targets } = manifest;
  const outcomes: TargetOutcome[] = [];
  const errors: Error[] = [];
  for (const target of targets) {
    const note = explainWildcard(target);
    try {
      const { location } = await catalog.addLocation(
        { type, target },
        { credentials },
      );
      outcomes.push({ target, state: 'registered', id: location.id, note });
    } catch (thrown) {
      const error = toCatalogError(thrown);
      const exists = error instanceof ConflictError;
      if (!exists) {
        errors.push(error);
      }
      outcomes.push(
        exists
          ? { target, state: 'exists', note }
          : { target, state: 'failed', error: error.message, note },
      );
    }
  }
  if (errors.length === targets.length) {
    throw errors.length === 1 ? errors[0] : allFailed(name, outcomes, errors);
  }
  await saveManifest({
    knex,
    name,
    by,
    now: now(),
    targets: outcomes
      .filter(({ state }) => state !== 'failed')
      .map(({ target }) => ({
        type,
        target,
        locationRef: refOf(type, target),
      })),
  });
  return outcomes;
}

function allFailed(
  name: string,
  outcomes: TargetOutcome[],
  errors: Error[],
): Error {
  const message = outcomes
    .map(({ target, error }) => `"${target}": ${error}`)
    .join('; ');
  return new InputError(
    `The catalog took no target of the Location "${name}": ${message}`,
    errors[0],
  );
}

function refOf(type: string, target: string): string {
  return stringifyEntityRef(
    locationSpecToLocationEntity({ location: { type, target } }),
  ).toLocaleLowerCase('en-US');
}
