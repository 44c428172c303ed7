import { parseEntityRef } from '@backstage/catalog-model';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { Knex } from 'knex';
import type { PrincipalSettings } from '../../config/principals';
import type { SourceSettings } from '../../config/source';
import { readLocationKeys } from '../../database/catalogTables';
import {
  findSource,
  type SourcesContext,
} from '../../ingestion/control/sources';
import {
  type CurrentVersion,
  readCurrentVersion,
} from '../../ingestion/database/pushes';
import { readSourceState } from '../../ingestion/database/runs';
import { refusalOf, toRetryLater } from '../../ingestion/fetchRecord';
import { describeHolder } from '../../ingestion/ownership';
import { providerName } from '../../lib/keys';
import { quoteValue } from '../../lib/values';

/** The source that a write to an entity goes to, and the entity as it is. */
export interface Target {
  settings: SourceSettings;
  current?: CurrentVersion;
}

/**
 * Whose entity it is. One that nobody has goes to the push source to which the
 * caller may write it, if there is exactly one.
 *
 * @throws NotAllowedError, NotFoundError, or ConflictError for what is somebody
 * else's.
 */
export async function findTarget(
  context: SourcesContext,
  { entityRef, by }: { entityRef: string; by: string },
): Promise<Target> {
  const current = await readCurrentVersion({ ...context, entityRef });
  if (current) {
    const settings = await settingsOf(context, current.source, entityRef);
    if (settings.type === 'push') {
      assertMayPush(settings, { entityRef, by });
    }
    return { settings, current };
  }
  const candidates = [...context.syncs.values()]
    .map(({ settings }) => settings)
    .filter(settings => mayPush(settings, { entityRef, by }));
  const [settings] = candidates;
  if (candidates.length !== 1) {
    await assertFree(context, entityRef);
    throw new NotFoundError(
      candidates.length === 0
        ? `Nobody manages "${entityRef}", and there is no push source to which "${by}" may write it`
        : `Nobody manages "${entityRef}", and "${by}" may write it to several push sources: ${candidates
            .map(({ name }) => quoteValue(name))
            .join(
              ', ',
            )}; have their kinds, namespaces and principals leave one`,
    );
  }
  await assertFree(context, entityRef, settings.name);
  return { settings };
}

async function settingsOf(
  context: SourcesContext,
  source: string,
  entityRef: string,
): Promise<SourceSettings> {
  const known = await findSource(context, source);
  if (known.type !== 'configured') {
    throw new ConflictError(
      `"${entityRef}" is of source "${source}", which is ${known.type}, so nothing can be written to it`,
    );
  }
  return known.settings;
}

/** Makes sure that nobody has an entity; `source` may have a rest of it. */
export async function assertFree(
  { knex }: { knex: Knex },
  entityRef: string,
  source?: string,
): Promise<void> {
  const keys = await readLocationKeys({ knex, entityRefs: [entityRef] });
  const key = keys.get(entityRef);
  if (key !== undefined && (!source || key !== providerName(source))) {
    throw new ConflictError(
      `"${entityRef}" is of ${describeHolder(key)}; change it there`,
    );
  }
}

/** @throws ConflictError while the source is paused. */
export async function assertNotPaused(
  { knex, now }: Pick<SourcesContext, 'knex' | 'now'>,
  settings: SourceSettings,
): Promise<void> {
  const { paused } = await readSourceState({ knex, source: settings.name });
  const state = { failures: 0, paused };
  const refusal = refusalOf({ settings, state, now: now() });
  if (refusal) {
    throw new ConflictError(toRetryLater(settings, refusal).message);
  }
}

/** @throws NotAllowedError for who is no principal, or not for this kind and namespace. */
export function assertMayPush(
  settings: SourceSettings,
  { entityRef, by }: { entityRef: string; by: string },
): void {
  if (!principalOf(settings, by)) {
    throw new NotAllowedError(
      `"${by}" is none of the principals of the push source "${settings.name}"`,
    );
  }
  if (!mayPush(settings, { entityRef, by })) {
    const { kind, namespace } = parseEntityRef(entityRef);
    throw new NotAllowedError(
      `"${by}" may not write the kind "${kind}" into the namespace "${namespace}" of the push source "${settings.name}"`,
    );
  }
}

/** @throws NotAllowedError for who may not write everything that the source may have. */
export function assertMayPushAll(settings: SourceSettings, by: string): void {
  const principal = principalOf(settings, by);
  const covers = ({ kinds, namespaces }: PrincipalSettings) =>
    settings.kinds.every(kind => kinds?.includes(kind) ?? true) &&
    settings.namespaces.every(name => namespaces?.includes(name) ?? true);
  if (!principal || !covers(principal)) {
    throw new NotAllowedError(
      `"${by}" may not write all that the push source "${settings.name}" may have, so not its whole set either`,
    );
  }
}

export function isPrincipal(settings: SourceSettings, by: string): boolean {
  return principalOf(settings, by) !== undefined;
}

function principalOf({ principals }: SourceSettings, by: string) {
  return principals?.find(({ subject }) => subject === by);
}

function mayPush(
  settings: SourceSettings,
  { entityRef, by }: { entityRef: string; by: string },
): boolean {
  const principal = principalOf(settings, by);
  if (!principal) {
    return false;
  }
  const { kind, namespace } = parseEntityRef(entityRef);
  return [settings, principal].every(
    ({ kinds, namespaces }) =>
      (kinds?.some(known => known.toLowerCase() === kind) ?? true) &&
      (namespaces?.includes(namespace) ?? true),
  );
}
