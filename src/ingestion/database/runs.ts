import { CustomErrorBase } from '@backstage/errors';
import type { Knex } from 'knex';
import { redactValues, safeText, toDate, toText } from '../../database/columns';
import {
  fromListValidators,
  toListValidators,
  type Validators,
} from '../../sources/httpValidators';

/**
 * Why a run over the list took place: on the source's schedule, as the first
 * one of this process, after a failure, to apply everything again, because a
 * person asked for it, or to carry out an approved plan.
 */
export type ListRunKind =
  | 'poll'
  | 'startup'
  | 'retry'
  | 'reconcile'
  | 'manual'
  | 'approved'
  /** As `approved` was called before, for a source that is no longer configured. */
  | 'retire';

/** Why a run changed entities without asking the source. */
export type ChangeKind = 'undo' | 'restore' | 'clean-up' | 'push' | 'pin';

/** `record`: for a single record. */
export type RunKind = ListRunKind | 'record' | ChangeKind;

/** Runs that say nothing about the list of their source. */
export const BESIDE_THE_LIST = [
  'record',
  'undo',
  'restore',
  'clean-up',
  'push',
  'pin',
] as const satisfies RunKind[];

export function isOverList(
  run: Pick<Run, 'kind'>,
): run is { kind: ListRunKind } {
  return !(BESIDE_THE_LIST as readonly RunKind[]).includes(run.kind);
}

export type RunOutcome =
  | 'running'
  /** Nothing to change in the catalog. */
  | 'unchanged'
  | 'applied'
  | 'failed'
  /** Ended by a shutdown or with its process: neither a success nor a failure of the source. */
  | 'abandoned';

export interface RunCounts {
  records: number;
  added: number;
  changed: number;
  removed: number;
  /** How many of these removals a person approved. */
  approved: number;
  /** Removals and changes of entities wanted and not made. */
  held: number;
  /** Records that could not become valid entities. */
  invalid: number;
  /** Entities given again that somebody had deleted in the catalog, where there were any. */
  restored?: number;
}

export const NO_COUNTS: RunCounts = {
  records: 0,
  added: 0,
  changed: 0,
  removed: 0,
  approved: 0,
  held: 0,
  invalid: 0,
};

export interface Run {
  id: string;
  source: string;
  kind: RunKind;
  startedAt: Date;
}

export interface RunEnd {
  endedAt: Date;
  outcome: Exclude<RunOutcome, 'running'>;
  counts?: RunCounts;
  /** Why removals or changes were held, or the list could not remove anything. */
  held?: string;
  error?: string;
}

export interface SourceState {
  /** Under which the last whole list was mapped. */
  fingerprint?: string;
  validators?: Validators;
  /** Failed runs in a row. */
  failures: number;
  /** The source is left alone until then. */
  retryAt?: Date;
  /** The run that is under way, or died, and until when it is taken to live. */
  lease?: { runId: string; expiresAt: Date };
  /** Paused at run time, beside what the configuration says. */
  paused?: { by: string; at: Date };
}

/** Another replica has the lease by now: this run stops, and says nothing about the source. */
export class LeaseLostError extends CustomErrorBase {
  name = 'LeaseLostError' as const;
}

/** Short, so that a source is not stuck for long after its pod died. */
export const LEASE_TTL_MS = 30_000;

interface RunOptions {
  knex: Knex;
  run: Run;
  now: Date;
}

/**
 * Opens a run's row, which is the source's lease. An index allows one open row
 * of a source, so of two replicas that try at once, one succeeds. A row whose
 * lease has expired belongs to a process that died: it is closed as abandoned.
 * Returns false while another run is under way.
 */
export async function beginRun(options: RunOptions): Promise<boolean> {
  const { knex, run, now } = options;
  // A source that has a row keeps its entities once it is no longer configured.
  await addSource(knex, run.source);
  if (await openRun(options)) {
    return true;
  }
  const dead = await knex('custom_data_runs')
    .where({ source: run.source, outcome: 'running' })
    .andWhere(expired =>
      expired
        .where('lease_expires_at', '<=', toText(now))
        // Of a version of the module from before there was a lease.
        .orWhereNull('lease_expires_at'),
    )
    .update({ outcome: 'abandoned', ended_at: toText(now) });
  if (dead === 0) {
    return false;
  }
  await resetSource(knex, run.source);
  return openRun(options);
}

export async function addSource(knex: Knex, source: string): Promise<void> {
  await knex('custom_data_sources')
    .insert({ source, failures: 0 })
    .onConflict('source')
    .ignore();
}

async function openRun({ knex, run, now }: RunOptions): Promise<boolean> {
  const rows = await knex('custom_data_runs')
    .insert({
      run_id: run.id,
      source: run.source,
      kind: run.kind,
      started_at: toText(run.startedAt),
      outcome: 'running',
      lease_expires_at: leaseExpiry(now),
    })
    .onConflict()
    .ignore()
    .returning('run_id');
  return rows.length === 1;
}

/** Extends the lease of a run; returns false if the run has been closed. */
export async function renewLease({
  knex,
  run,
  now,
}: RunOptions): Promise<boolean> {
  const rows = await knex('custom_data_runs')
    .where({ run_id: run.id, outcome: 'running' })
    .update({ lease_expires_at: leaseExpiry(now) });
  return rows === 1;
}

function leaseExpiry(now: Date): string {
  return toText(new Date(now.getTime() + LEASE_TTL_MS));
}

/** Closes an open run; returns false if it was closed before. */
export async function closeRun(options: {
  tx: Knex.Transaction;
  run: Run;
  end: RunEnd;
}): Promise<boolean> {
  const { tx, run, end } = options;
  const rows = await redactValues(async () =>
    tx('custom_data_runs')
      .where({ run_id: run.id, outcome: 'running' })
      .update({
        ended_at: toText(end.endedAt),
        outcome: end.outcome,
        counts: end.counts ? JSON.stringify(end.counts) : null,
        held: end.held === undefined ? null : safeText(end.held),
        error: end.error === undefined ? null : safeText(end.error),
      }),
  );
  return rows === 1;
}

/**
 * Ends a run without success; with `failure` the source is left alone until
 * `retryAt`. Where the catalog may have taken a part of the run, the next list
 * is handled as if it were the first.
 */
export async function endRun(options: {
  knex: Knex;
  run: Run;
  end: RunEnd;
  inPart?: boolean;
  failure?: { failures: number; retryAt: Date };
}): Promise<void> {
  const { knex, run, end, inPart, failure } = options;
  await knex.transaction(async tx => {
    if (!(await closeRun({ tx, run, end }))) {
      return;
    }
    if (inPart) {
      await resetSource(tx, run.source);
    }
    if (failure) {
      await tx('custom_data_sources')
        .where({ source: run.source })
        .update({
          failures: failure.failures,
          retry_at: toText(failure.retryAt),
        });
    }
  });
}

interface OfSource {
  knex: Knex;
  source: string;
}

export async function readSourceState({
  knex,
  source,
}: OfSource): Promise<SourceState> {
  const row = await knex('custom_data_sources as s')
    .leftJoin('custom_data_runs as r', join =>
      join
        .on('r.source', 's.source')
        .andOn('r.outcome', knex.raw('?', ['running'])),
    )
    .where('s.source', source)
    .first('s.*', 'r.run_id', 'r.lease_expires_at');
  if (!row) {
    return { failures: 0 };
  }
  return {
    fingerprint: row.fingerprint ?? undefined,
    validators: toListValidators(row),
    failures: row.failures,
    retryAt: toDate(row.retry_at),
    lease: row.run_id
      ? {
          runId: row.run_id,
          expiresAt: toDate(row.lease_expires_at) ?? new Date(0),
        }
      : undefined,
    paused: row.paused_at
      ? { by: row.paused_by, at: toDate(row.paused_at as string) }
      : undefined,
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How many entities the runs of the 24 hours before removed without an approval. */
export async function countRecentRemovals({
  knex,
  source,
  now,
}: OfSource & { now: Date }): Promise<number> {
  const since = toText(new Date(now.getTime() - DAY_MS));
  const applied: string[] = await knex('custom_data_runs')
    .where({ source, outcome: 'applied' })
    .andWhere('started_at', '>', since)
    .whereNotNull('counts')
    .pluck('counts');
  return applied
    .map((counts): RunCounts => JSON.parse(counts))
    .reduce((sum, { removed, approved = 0 }) => sum + removed - approved, 0);
}

/** Leaves a source alone until then, unless it already is for longer; counts no failure. */
export async function postponeSource(
  options: OfSource & { retryAt: Date },
): Promise<void> {
  const { knex, source } = options;
  const retryAt = toText(options.retryAt);
  await addSource(knex, source);
  await knex('custom_data_sources')
    .where({ source })
    .andWhere(earlier =>
      earlier.whereNull('retry_at').orWhere('retry_at', '<', retryAt),
    )
    .update({ retry_at: retryAt });
}

/** Ends a back-off: the source is due at once. Its failures in a row still count. */
export async function endBackoff(
  options: OfSource & { now: Date },
): Promise<void> {
  const { knex, source } = options;
  const retryAt = toText(options.now);
  await knex('custom_data_sources')
    .where({ source })
    .andWhere('retry_at', '>', retryAt)
    .update({ retry_at: retryAt });
}

/** Has the next list handled as if it were the first, since the catalog may have a part of a run. */
export async function resetSource(
  knex: Knex | Knex.Transaction,
  source: string,
): Promise<void> {
  await knex('custom_data_sources')
    .where({ source })
    .update({ fingerprint: null, ...fromListValidators(undefined) });
}
