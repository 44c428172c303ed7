import { ForwardedError } from '@backstage/errors';
import type { EventsService } from '@backstage/plugin-events-node';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { JsonObject } from '@backstage/types';
import { timeout, TimeoutStrategy } from 'cockatiel';
import type { CustomDataSettings } from '../../config/settings';
import type { OutageLog } from '../../deliveries/OutageLog';
import { readFailingSince } from '../../ingestion/database/runReports';
import {
  type IntegrationsContext,
  readIntegrations,
} from '../integrations/readIntegrations';
import { type Cause, findCauses, readKey } from './causes';
import { claimCause, forgetCause, readTold } from './database/told';

const TOPIC = 'catalog.custom-data';

/** Both services call another backend over HTTP, without a time limit of their own. */
const limit = timeout(10_000, TimeoutStrategy.Aggressive);

// The log begins with this text.
const NOT_TOLD = 'What needs a person could not be told';

export interface TellingContext extends IntegrationsContext {
  settings: Pick<CustomDataSettings, 'notifications' | 'alertAfter'>;
  notifications: Pick<NotificationService, 'send'>;
  events: Pick<EventsService, 'publish'>;
  outages: Pick<OutageLog, 'failed' | 'worked'>;
}

/** Tells of each cause once until it is over, and then that it is over. What fails is told the next time. */
export async function tellCauses(context: TellingContext): Promise<void> {
  const { knex, settings, outages, now } = context;
  const causes = findCauses({
    integrations: await readIntegrations(context),
    failingSince: await readFailingSince(knex),
    alertAfter: settings.alertAfter,
    now: now(),
  });
  const told = await readTold(knex);
  const present = new Set(causes.map(({ key }) => key));
  const work = [
    ...causes
      .filter(({ key }) => !told.has(key))
      .map(cause => () => tellOnce(context, cause)),
    ...[...told]
      .filter(([key]) => !present.has(key))
      .map(
        ([key, since]) =>
          () =>
            tellOver(context, key, since),
      ),
  ];
  const failures: unknown[] = [];
  for (const step of work) {
    // One that fails keeps nobody else from being told.
    await step().catch(error => failures.push(error));
  }
  if (failures.length > 0) {
    outages.failed(NOT_TOLD, failures[0]);
  } else {
    outages.worked(NOT_TOLD);
  }
}

/** Claimed first, so that of several replicas only one tells. */
async function tellOnce(context: TellingContext, cause: Cause): Promise<void> {
  const { knex, settings } = context;
  const { key, owner } = cause;
  const since = context.now();
  if (!(await claimCause({ knex, key, now: since }))) {
    return;
  }
  try {
    if (settings.notifications && owner !== undefined) {
      await notify(context, cause, owner);
    } else {
      const { type, name, code, message } = cause;
      const about = { key, type, name, code, ...(owner && { owner }), message };
      const times = { since: since.toISOString() };
      await publish(context, { ...about, state: 'present', ...times });
    }
  } catch (error) {
    await forgetCause(knex, key);
    throw error;
  }
}

/** Published first: to hear of it twice is better than never. */
async function tellOver(
  context: TellingContext,
  key: string,
  since: Date,
): Promise<void> {
  await publish(context, {
    key,
    ...readKey(key),
    state: 'over',
    since: since.toISOString(),
  });
  await forgetCause(context.knex, key);
}

const TITLES: Record<Cause['code'], string> = {
  'plan-held': 'waits for a decision',
  'dead-deliveries': 'has deliveries that were given up',
  failing: 'fails',
  'credential-due': 'has a credential that is due',
};

async function notify(
  { notifications }: TellingContext,
  { key, type, name, code, isError, message }: Cause,
  owner: string,
): Promise<void> {
  try {
    await limit.execute(() =>
      notifications.send({
        recipients: { type: 'entity', entityRef: owner },
        payload: {
          title: `The ${type} "${name}" ${TITLES[code]}`,
          description: message,
          severity: isError ? 'high' : 'normal',
          topic: TOPIC,
          scope: key,
        },
      }),
    );
  } catch (error) {
    throw new ForwardedError(
      `No notification of "${key}" could be sent to "${owner}"; see whether the notifications backend is installed and well`,
      error,
    );
  }
}

async function publish(
  { events }: TellingContext,
  eventPayload: JsonObject,
): Promise<void> {
  try {
    await limit.execute(() => events.publish({ topic: TOPIC, eventPayload }));
  } catch (error) {
    throw new ForwardedError(
      `"${eventPayload.key}" could not be published on "${TOPIC}"; see whether the events backend is well`,
      error,
    );
  }
}
