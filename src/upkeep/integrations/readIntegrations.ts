import { credentialsOfSource, dueDate, isDue } from '../../config/credentials';
import { parseEntityTemplate } from '../../config/senderEntity';
import { countDeliveries } from '../../deliveries/database/deliveryReadings';
import {
  type Overview,
  type OverviewContext,
  readOverview,
  type SourceOverview,
} from '../../ingestion/control/overview';
import { pollGapMs } from '../../ingestion/schedules';
import { findFaults, toFinding } from './findings';
import type { Integration, IntegrationCredential } from './integration';

/** What the registry takes of the report of a sender. */
export interface ListedSender {
  name: string;
  state: string;
  reason?: string;
  owner?: string;
  purpose?: string;
  entity: string;
  lastUsedAt?: string;
  secrets: Array<{
    id: string;
    state: string;
    firstSeenAt: string;
    dueAt: string;
    overdue: boolean;
    lastUsedAt?: string;
  }>;
}

export interface IntegrationsContext extends OverviewContext {
  senderControl: { list(): Promise<ListedSender[]> };
}

const DAY_MS = 24 * 3_600_000;

/** All integrations by type and name; so many queries, however many there are. */
export async function readIntegrations(
  context: IntegrationsContext,
): Promise<Integration[]> {
  const { knex } = context;
  const now = context.now();
  const overview = await readOverview(context);
  const senders = await context.senderControl.list();
  const deliveries = await countDeliveries(knex);
  const found = [
    ...overview.sources.map(source => describeSource(source, overview, now)),
    ...senders.map(sender => {
      const own = deliveries.filter(each => each.sender === sender.name);
      const counts = own.map(({ state, count }) => [state, count]);
      return describeSender(sender, Object.fromEntries(counts), now);
    }),
  ];
  return [...found, ...describeProcessors(overview, found)];
}

function describeSource(
  { known, attention, entities, problems }: SourceOverview,
  { figures, firstSeen }: Overview,
  now: Date,
): Integration {
  const { name } = known;
  const settings = known.type === 'configured' ? known.settings : undefined;
  const state = figures.states.get(name);
  const lastSuccessAt = figures.successes.get(name)?.endedAt;
  const isPaused = Boolean(settings?.paused || state?.paused);
  const credentials = settings ? credentialsOfSource(settings) : [];
  const described = {
    type: 'source' as const,
    name,
    title: settings?.title,
    owner: settings?.owner,
    purpose: settings?.purpose,
    state: isPaused ? 'paused' : known.type,
    kinds: settings?.kinds ?? [],
    namespaces: settings?.namespaces ?? [],
    credentials: credentials.map(credential => {
      const seenAt = firstSeen({ type: 'source', name, id: credential.id });
      return {
        id: credential.id,
        ...ageOf(seenAt, now),
        dueAt: dueDate(credential, seenAt).toISOString(),
        isDue: isDue(credential, seenAt, now),
      };
    }),
    lastSuccessAt,
    freshness:
      settings?.poll && !isPaused && lastSuccessAt !== undefined
        ? freshnessOf(
            new Date(lastSuccessAt),
            pollGapMs(settings, new Date(lastSuccessAt)),
            now,
          )
        : undefined,
    counts: { entities, failures: state?.failures ?? 0 },
    problems,
  };
  return {
    ...described,
    findings: [
      ...attention.map(({ code, message }) => toFinding(code, message)),
      ...findFaults(described),
    ],
  };
}

function freshnessOf(lastSuccess: Date, gapMs: number, now: Date) {
  const ageMs = Math.max(0, now.getTime() - lastSuccess.getTime());
  return {
    ageSeconds: Math.round(ageMs / 1000),
    expectedSeconds: Math.round(gapMs / 1000),
    // As the alert CatalogSourceStale has it.
    isStale: gapMs > 0 && ageMs > 3 * gapMs,
  };
}

function describeSender(
  sender: ListedSender,
  deliveries: Record<string, number>,
  now: Date,
): Integration {
  const { name, owner, purpose, state, reason, secrets } = sender;
  const { kind, namespace } = parseEntityTemplate(sender.entity);
  const described = {
    type: 'sender' as const,
    name,
    owner,
    purpose,
    state,
    kinds: [kind],
    namespaces: [namespace],
    credentials: secrets.map(
      (secret): IntegrationCredential => ({
        id: secret.id,
        ...ageOf(new Date(secret.firstSeenAt), now),
        dueAt: secret.dueAt,
        isDue: secret.state === 'valid' && secret.overdue,
        lastUsedAt: secret.lastUsedAt,
      }),
    ),
    lastSuccessAt: sender.lastUsedAt,
    counts: deliveries,
    problems: { errors: 0, warnings: 0 },
  };
  return {
    ...described,
    findings: [
      ...(reason === undefined ? [] : [toFinding('misconfigured', reason)]),
      ...findFaults(described),
    ],
  };
}

/** They are part of the module, and belong to whoever runs the portal. */
function describeProcessors(
  { sources }: Overview,
  found: Integration[],
): Integration[] {
  const readable = sources.flatMap(({ known }) =>
    known.type === 'configured' && known.settings.locations.allow.length > 0
      ? [known.settings]
      : [],
  );
  const senders = found.filter(({ type }) => type === 'sender');
  const all = [
    {
      name: 'custom-data-processor',
      purpose: 'Reads single records for Location entities',
      count: 'sources',
      of: readable,
    },
    {
      name: 'custom-data-deployments',
      purpose: 'Shows on entities what runs where',
      count: 'senders',
      of: senders,
    },
  ];
  return all
    .filter(({ of }) => of.length > 0)
    .map(({ name, purpose, count, of }) => ({
      type: 'processor',
      name,
      purpose,
      state: 'active',
      kinds: [...new Set(of.flatMap(({ kinds }) => kinds))].sort(),
      namespaces: [...new Set(of.flatMap(each => each.namespaces))].sort(),
      credentials: [],
      counts: { [count]: of.length },
      problems: { errors: 0, warnings: 0 },
      findings: [],
    }));
}

function ageOf(seenAt: Date, now: Date) {
  return {
    firstSeenAt: seenAt.toISOString(),
    ageDays: Math.floor((now.getTime() - seenAt.getTime()) / DAY_MS),
  };
}
