/*
 * How all sources are doing: so many queries, however many sources there are.
 */
import { type FirstSeen, readFirstSeen } from '../../database/credentialDates';
import { FINDING_CODES } from '../../lib/problem';
import {
  type Counted,
  readFigures,
  type StoredFigures,
} from '../database/figures';
import { type PlanReport, readCurrentPlans } from '../database/planDecisions';
import { type Attention, attentionOf } from './attention';
import { reasonToRemove } from './plans';
import {
  type KnownSource,
  listKnownSources,
  type SourcesContext,
} from './sources';

export interface SourceOverview {
  known: KnownSource;
  attention: Attention[];
  entities: number;
  problems: { errors: number; warnings: number };
}

export type OverviewContext = Pick<
  SourcesContext,
  'knex' | 'syncs' | 'misconfigured' | 'now'
>;

export type MeasuredPlan = Pick<PlanReport, 'state' | 'reason' | 'count'> & {
  hash?: string;
};

export interface Overview {
  sources: SourceOverview[];
  figures: StoredFigures;
  /** The plans of lists that are no longer polled, by source. */
  removals: Map<string, MeasuredPlan>;
  firstSeen: FirstSeen;
}

export async function readOverview(
  context: OverviewContext,
): Promise<Overview> {
  const { knex } = context;
  const now = context.now();
  const figures = await readFigures({ knex, now });
  const plans = await readCurrentPlans({ knex, now });
  const firstSeen = await readFirstSeen({ knex, now });
  const all = await listKnownSources(context);
  const removals = new Map(
    all.flatMap(known => {
      const plan = removalPlan(known, figures);
      return plan ? [[known.name, plan] as const] : [];
    }),
  );
  const sources = all.map(known => {
    const plan = removals.get(known.name) ?? plans.get(known.name);
    return overviewOf({ known, figures, plan, firstSeen, now });
  });
  return { sources, figures, removals, firstSeen };
}

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

function overviewOf(options: {
  known: KnownSource;
  figures: StoredFigures;
  plan?: MeasuredPlan;
  firstSeen: FirstSeen;
  now: Date;
}): SourceOverview {
  const { known, figures } = options;
  const source = known.name;
  const of = (rows: Counted[]) => rows.filter(row => row.source === source);
  const records = of(figures.records);
  const invalid = records.filter(({ state }) => state === 'invalid');
  const isSeen = records.some(({ state }) => state === 'seen');
  const problems = of(figures.problems);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const attention = attentionOf({
    ...options,
    state: figures.states.get(source) ?? { failures: 0 },
    lastSuccess: figures.successes.get(source),
    allInvalid: isSeen ? 0 : sum(invalid),
    problems: {
      ofCatalog: sum(
        errors.filter(({ code }) => FINDING_CODES.some(each => each === code)),
      ),
    },
  });
  return {
    known,
    attention,
    entities: sum(of(figures.entities)),
    problems: { errors: sum(errors), warnings: sum(problems) - sum(errors) },
  };
}

function sum(rows: Counted[]): number {
  return rows.reduce((total, row) => total + row.count, 0);
}
