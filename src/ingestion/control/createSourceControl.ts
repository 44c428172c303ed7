import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
  stringifyError,
  toError,
} from '@backstage/errors';
import type { SourceSettings } from '../../config/settings';
import { RetryLaterError, SourceError } from '../../lib/errors';
import type { Page, PageRequest } from '../../lib/page';
import type { SourceSync } from '../SourceSync';
import type { PlanDecision, PlanRef } from '../database/plans';
import type { PlanReport } from '../database/reports';
import { LeaseLostError } from '../withLease';
import {
  type AbandonedOptions,
  type AbandonedSource,
  decideAbandoned,
  reportAbandoned,
} from './abandonedSource';

/** What the configuration says of a source. */
export type KnownSource =
  | {
      type: 'configured';
      name: string;
      title?: string;
      owner?: string;
      readBy: SourceSettings['type'];
      /** Undefined where it is not asked over HTTP. */
      url?: string;
      /** Whether its list is polled, or only locations read it. */
      poll: boolean;
      paused: boolean;
    }
  | { type: 'misconfigured'; name: string; reason: string }
  /** No longer in the configuration; the tables still know it. */
  | { type: 'unconfigured'; name: string };

/**
 * What people do with sources. Each method throws a `NotFoundError` for a
 * source that nobody knows, and a `ConflictError` where it cannot be done now.
 */
export interface SourceControl {
  /** All sources, in the configuration or not, by name. */
  list(): Promise<KnownSource[]>;
  find(source: string): Promise<KnownSource>;
  /** The plan that waits, else the latest, with a page of what it would remove. */
  plan(
    source: string,
    page: PageRequest,
  ): Promise<{ plan?: PlanReport; refs: Page<PlanRef> }>;
  decide(options: {
    source: string;
    hash: string;
    decision: PlanDecision;
    by: string;
  }): Promise<void>;
  /** Begins a run over the list and does not wait for its end. */
  start(source: string): Promise<void>;
  syncRecord(source: string, recordId: string): Promise<'synced' | 'not-found'>;
  pause(source: string, by: string): Promise<void>;
  resume(source: string): Promise<void>;
}

export interface SourceControlOptions extends AbandonedOptions {
  /** The sources that are configured and in order, by name. */
  syncs: Map<string, SourceSync>;
  /** Why the others do nothing, by name. */
  misconfigured: Map<string, string>;
  logger: LoggerService;
}

/** What people do with sources, whichever state these are in. */
export function createSourceControl(
  options: SourceControlOptions,
): SourceControl {
  const { manage, now } = options;
  const find = (source: string) => findSource(options, source);
  return {
    list: () => listSources(options),
    find,
    plan: async (source, page) => {
      const abandoned = await abandonedOf(options, await find(source));
      if (abandoned) {
        return reportAbandoned(options, abandoned, page);
      }
      const plan = await manage.currentPlan(source);
      const refs = plan
        ? await manage.listPlanRefs(source, plan.hash, page)
        : { items: [], totalItems: 0 };
      return { plan, refs };
    },
    decide: async asked => {
      const abandoned = await abandonedOf(options, await find(asked.source));
      if (abandoned) {
        await asConflict(() =>
          decideAbandoned(options, { ...asked, ...abandoned }),
        );
      } else if (!(await manage.decidePlan({ ...asked, now: now() }))) {
        throw new ConflictError(
          `Plan "${asked.hash}" of source "${asked.source}" is not one that waits for this decision; look at the present plan`,
        );
      }
    },
    start: async source => start(options, await findSync(options, source)),
    syncRecord: async (source, recordId) =>
      syncRecord(options, await findSync(options, source), recordId),
    pause: async (source, by) => {
      assertPausable(await find(source));
      await manage.setPaused(source, { by, at: now() });
    },
    resume: async source => {
      assertPausable(await find(source));
      await manage.setPaused(source, undefined);
    },
  };
}

async function listSources({
  syncs,
  misconfigured,
  store,
}: SourceControlOptions): Promise<KnownSource[]> {
  const configured = [...syncs.values()].map(({ settings }) => ({
    type: 'configured' as const,
    name: settings.name,
    title: settings.title,
    owner: settings.owner,
    readBy: settings.type,
    url: settings.type === 'http' ? settings.url : undefined,
    poll: settings.poll,
    paused: settings.paused,
  }));
  const atFault = [...misconfigured].map(([name, reason]) => ({
    type: 'misconfigured' as const,
    name,
    reason,
  }));
  const abandoned = (await store.listSources())
    .filter(name => !syncs.has(name) && !misconfigured.has(name))
    .map(name => ({ type: 'unconfigured' as const, name }));
  return [...configured, ...atFault, ...abandoned].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

async function findSource(
  options: SourceControlOptions,
  source: string,
): Promise<KnownSource> {
  const found = (await listSources(options)).find(
    ({ name }) => name === source,
  );
  if (!found) {
    throw new NotFoundError(`There is no source "${source}"`);
  }
  return found;
}

/** A source that has entities of a list which nobody polls any more. */
async function abandonedOf(
  { store }: SourceControlOptions,
  known: KnownSource,
): Promise<AbandonedSource | undefined> {
  const source = known.name;
  switch (known.type) {
    case 'unconfigured':
      return {
        source,
        reason: 'the source is no longer configured',
        isConfigured: false,
      };
    case 'configured':
      return !known.poll && (await store.countEntities(source)) > 0
        ? {
            source,
            reason: 'the list of the source is no longer polled',
            isConfigured: true,
          }
        : undefined;
    default:
      return undefined;
  }
}

/** The sync of a source whose list is polled. */
async function findSync(
  options: SourceControlOptions,
  source: string,
): Promise<SourceSync> {
  const known = await findSource(options, source);
  const sync = options.syncs.get(source);
  if (!sync) {
    throw new ConflictError(
      `Source "${source}" does nothing: it is ${known.type}`,
    );
  }
  if (!sync.settings.poll) {
    throw new ConflictError(
      `Source "${source}" only serves locations: its key "poll" is false`,
    );
  }
  return sync;
}

async function start(
  { logger, shutdown }: SourceControlOptions,
  sync: SourceSync,
): Promise<void> {
  await asConflict(() => sync.assertMayPoll());
  const signal = AbortSignal.any([
    shutdown,
    AbortSignal.timeout(sync.timeoutMs),
  ]);
  sync
    .poll({ kind: 'manual', signal })
    .catch(error =>
      logger.warn(
        `A run of source "${
          sync.settings.name
        }" that was asked for did not succeed: ${stringifyError(
          toError(error),
        )}`,
      ),
    );
}

function syncRecord(
  { shutdown }: SourceControlOptions,
  sync: SourceSync,
  recordId: string,
): Promise<'synced' | 'not-found'> {
  const signal = AbortSignal.any([
    shutdown,
    AbortSignal.timeout(sync.timeoutMs),
  ]);
  return asConflict(() => sync.syncRecord({ recordId, signal }));
}

/** Says "not now" and "the source did not answer" in errors that have a status. */
async function asConflict<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RetryLaterError || error instanceof LeaseLostError) {
      throw new ConflictError(error.message);
    }
    if (error instanceof SourceError || isTimeout(error)) {
      throw new ServiceUnavailableError(toError(error).message);
    }
    throw error;
  }
}

/** What a signal of `AbortSignal.timeout` throws. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

function assertPausable(source: KnownSource): void {
  if (source.type !== 'configured') {
    throw new ConflictError(
      `Source "${source.name}" does nothing as it is: it is ${source.type}`,
    );
  }
  if (source.paused) {
    throw new ConflictError(
      `Source "${source.name}" is paused by its key "paused" in the configuration`,
    );
  }
}
