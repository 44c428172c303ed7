import { FINDING_CODES } from '../../lib/problem';
import type { GaugeName, Reading } from '../../metrics/state';
import {
  type Counted,
  readFigures,
  type StoredFigures,
} from '../database/figures';
import type { PlanReport } from '../database/planDecisions';
import { readCurrentPlans } from '../database/planDecisions';
import { pollGapMs } from '../schedules';
import { attentionOf } from './attention';
import { reasonToRemove } from './plans';
import {
  type KnownSource,
  listKnownSources,
  type SourcesContext,
} from './sources';

/** What is measured of all sources, configured or not. */
export async function readSourceReadings(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured' | 'now'> & {
    /** Of the process. */
    startedAt: Date;
  },
): Promise<Reading[]> {
  const { knex, startedAt } = context;
  const now = context.now();
  const figures = await readFigures({ knex, now });
  const plans = await readCurrentPlans({ knex, now });
  const sources = await listKnownSources(context);
  const removals = new Map(
    sources.flatMap(known => {
      const plan = removalPlan(known, figures);
      return plan ? [[known.name, plan] as const] : [];
    }),
  );
  return [
    ...sources.flatMap(known => {
      const { name } = known;
      const plan = removals.get(name) ?? plans.get(name);
      return [
        ...attentionReadings({ known, figures, plan }),
        ...timeReadings({ known, figures, startedAt, now }),
      ];
    }),
    ...countReadings({ sources, figures, removals }),
  ];
}

type MeasuredPlan = Pick<PlanReport, 'state' | 'reason' | 'count'>;

/** The plan of a list that is no longer polled, as a report of the source has it. */
function removalPlan(
  known: KnownSource,
  figures: StoredFigures,
): MeasuredPlan | undefined {
  const { name } = known;
  const count =
    figures.entities.find(({ source }) => source === name)?.count ?? 0;
  const reason = reasonToRemove(known, count);
  const rejected = figures.rejected.get(name);
  const isRejected = rejected !== undefined && rejected >= count;
  return reason === undefined
    ? undefined
    : { state: isRejected ? 'rejected' : 'pending', reason, count };
}

function attentionReadings(options: {
  known: KnownSource;
  figures: StoredFigures;
  plan?: MeasuredPlan;
}): Reading[] {
  const { known, figures, plan } = options;
  const source = known.name;
  const count = (rows: Counted[]) =>
    rows.reduce((sum, row) => sum + row.count, 0);
  const of = (rows: Counted[]) => rows.filter(row => row.source === source);
  const records = of(figures.records);
  const invalid = records.filter(({ state }) => state === 'invalid');
  const isSeen = records.some(({ state }) => state === 'seen');
  const errors = of(figures.problems).filter(
    ({ severity }) => severity === 'error',
  );
  const codes = attentionOf({
    known,
    plan,
    state: figures.states.get(source) ?? { failures: 0 },
    lastSuccess: figures.successes.get(source),
    allInvalid: isSeen ? 0 : count(invalid),
    problems: {
      ofCatalog: count(
        errors.filter(({ code }) => FINDING_CODES.some(each => each === code)),
      ),
    },
  }).map(({ code }) => code);
  return codes.map(code => ({
    gauge: 'custom_data_sources_attention',
    value: 1,
    labels: { source, code },
  }));
}

function timeReadings(options: {
  known: KnownSource;
  figures: StoredFigures;
  startedAt: Date;
  now: Date;
}): Reading[] {
  const { known, figures, startedAt, now } = options;
  const source = known.name;
  const state = figures.states.get(source);
  const { failures = 0, retryAt, paused, firstRunAt } = state ?? {};
  const { endedAt } = figures.successes.get(source) ?? {};
  const succeededAt = endedAt ? new Date(endedAt) : undefined;
  const isPolled = known.type === 'configured' && known.settings.poll;
  const gapMs =
    isPolled && !known.settings.paused && !paused
      ? pollGapMs(known.settings, succeededAt ?? now)
      : 0;
  const backoffMs =
    failures > 0 && retryAt ? retryAt.getTime() - now.getTime() : 0;
  const seconds = (gauge: GaugeName, ms: number): Reading => ({
    gauge,
    value: Math.max(0, ms) / 1000,
    labels: { source },
  });
  // One that never succeeded has to be found too.
  const since = succeededAt ?? (isPolled ? firstRunAt ?? startedAt : undefined);
  const ageMs = since && now.getTime() - since.getTime();
  return [
    ...(ageMs === undefined
      ? []
      : [seconds('custom_data_source_success_age_seconds', ageMs)]),
    seconds('custom_data_source_poll_interval_seconds', gapMs),
    seconds('custom_data_source_backoff_seconds', backoffMs),
    {
      gauge: 'custom_data_source_failures',
      value: failures,
      labels: { source },
    },
  ];
}

function countReadings(options: {
  sources: KnownSource[];
  figures: StoredFigures;
  /** By source. */
  removals: Map<string, MeasuredPlan>;
}): Reading[] {
  const { sources, figures, removals } = options;
  const held = [
    ...figures.held.filter(({ source }) => !removals.has(source)),
    ...[...removals].map(([source, { state, count }]) => ({
      source,
      change: 'removed',
      count: state === 'pending' ? count : 0,
    })),
  ];
  const counts = {
    custom_data_records: figures.records,
    custom_data_entities: figures.entities,
    custom_data_problems: figures.problems,
    custom_data_held: held,
  };
  const names = new Set(sources.map(({ name }) => name));
  return Object.entries(counts).flatMap(([gauge, rows]) =>
    rows
      // Problems may have a source that the target of a location made up.
      .filter(({ source }) => names.has(source))
      .map(({ count, ...labels }) => ({
        gauge: gauge as GaugeName,
        value: count,
        labels,
      })),
  );
}
