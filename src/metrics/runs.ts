import type { Problem } from '../lib/problem';
import { meter } from './meter';

/** From a list that has not changed to one that takes as long as its schedule allows, in seconds. */
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

/** How runs are called that read no list; those that a person asked for, or a push, are `change`. */
const BESIDE_THE_LIST: Record<string, string> = {
  record: 'record',
  undo: 'change',
  restore: 'change',
  'clean-up': 'change',
  push: 'change',
  pin: 'change',
};

/** What a run came to, as far as it is measured. */
export interface MeasuredRun {
  run: { source: string; kind: string; startedAt: Date };
  end: {
    endedAt: Date;
    outcome: string;
    counts?: { added: number; changed: number; removed: number };
  };
  /** What it found to be wrong and the runs before it had not. */
  began?: Problem[];
}

export type RunTracker = ReturnType<typeof createRunTracker>;

/** Measures the runs of these sources, and what their APIs answer. */
export function createRunTracker(sources: string[]) {
  const duration = meter().createHistogram(
    'catalog_ingestion_duration_seconds',
    {
      unit: 's',
      description: 'How long runs took',
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    },
  );
  const errors = meter().createCounter('catalog_validation_errors', {
    description: 'Errors in records and their entities, when they begin',
  });
  const changes = meter().createCounter('custom_data_entities_applied', {
    description: 'Entities that runs added, changed and removed',
  });
  const requests = meter().createCounter('custom_data_upstream_requests', {
    description: 'Requests to the APIs of sources, by the class of the answer',
  });
  // An alert on an increase does not see a first value above zero.
  sources.forEach(source => errors.add(0, { source }));

  return {
    ended({ run, end, began = [] }: MeasuredRun): void {
      const { source } = run;
      const { outcome, counts } = end;
      const kind = BESIDE_THE_LIST[run.kind] ?? 'list';
      const durationMs = end.endedAt.getTime() - run.startedAt.getTime();
      duration.record(Math.max(0, durationMs) / 1000, {
        source,
        kind,
        outcome,
      });
      const begun = began.filter(({ severity }) => severity === 'error');
      errors.add(begun.length, { source });
      for (const change of ['added', 'changed', 'removed'] as const) {
        changes.add(counts?.[change] ?? 0, { source, change });
      }
    },

    /** Sends requests of a source, and counts the answers; one that got none is an `error`. */
    countingFetch(source: string): typeof fetch {
      const count = (status: string) => requests.add(1, { source, status });
      return async (input, init) => {
        try {
          const response = await fetch(input, init);
          count(`${Math.floor(response.status / 100)}xx`);
          return response;
        } catch (error) {
          count('error');
          throw error;
        }
      };
    },
  };
}
