import type { GaugeName, Reading } from '../../metrics/state';
import type { StoredFigures } from '../database/figures';
import { pollGapMs } from '../schedules';
import { type MeasuredPlan, readOverview } from './overview';
import type { KnownSource, SourcesContext } from './sources';

/** What is measured of all sources, configured or not. */
export async function readSourceReadings(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured' | 'now'> & {
    /** Of the process. */
    startedAt: Date;
  },
): Promise<Reading[]> {
  const { startedAt } = context;
  const now = context.now();
  const { sources, figures, removals } = await readOverview(context);
  return [
    ...sources.flatMap(({ known, attention }) => [
      ...attention.map(
        ({ code }): Reading => ({
          gauge: 'custom_data_sources_attention',
          value: 1,
          labels: { source: known.name, code },
        }),
      ),
      ...timeReadings({ known, figures, startedAt, now }),
    ]),
    ...countReadings({
      sources: sources.map(({ known }) => known),
      figures,
      removals,
    }),
  ];
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
