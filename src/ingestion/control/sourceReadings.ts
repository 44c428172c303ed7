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
import { attentionOf, summarizeRemoval } from './attention';
import { removalReason } from './plans';
import {
  type KnownSource,
  listKnownSources,
  type SourcesContext,
} from './sources';

/** What is measured of all sources, configured or not. */
export async function readSourceReadings(
  context: SourcesContext,
): Promise<Reading[]> {
  const { knex, now } = context;
  const at = now();
  const figures = await readFigures({ knex, now: at });
  const plans = await readCurrentPlans({ knex, now: at });
  const readings: Reading[] = [];
  for (const known of await listKnownSources(context)) {
    const reason = await removalReason(context, known);
    const plan =
      reason === undefined
        ? plans.get(known.name)
        : await summarizeRemoval(context, known, reason);
    readings.push(
      ...attentionReadings({ known, figures, plan }),
      ...timeReadings({ known, figures, now: at }),
    );
  }
  return [...readings, ...countReadings(figures)];
}

function attentionReadings(options: {
  known: KnownSource;
  figures: StoredFigures;
  plan?: Pick<PlanReport, 'state' | 'reason' | 'count'>;
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
  now: Date;
}): Reading[] {
  const { known, figures, now } = options;
  const source = known.name;
  const { failures = 0, retryAt, paused } = figures.states.get(source) ?? {};
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
  const ageMs = succeededAt && now.getTime() - succeededAt.getTime();
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

function countReadings(figures: StoredFigures): Reading[] {
  const counts = {
    custom_data_records: figures.records,
    custom_data_entities: figures.entities,
    custom_data_problems: figures.problems,
    custom_data_held: figures.held,
  };
  return Object.entries(counts).flatMap(([gauge, rows]) =>
    rows.map(({ count, ...labels }) => ({
      gauge: gauge as GaugeName,
      value: count,
      labels,
    })),
  );
}
