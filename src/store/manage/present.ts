import type { PlanReport, ProblemReport, RunReport } from '../../model/manage';
import { toProblem } from '../problems/toProblem';

/* From rows of the tables to what people read. */

export function toRunReport(row: any): RunReport {
  return {
    id: row.run_id,
    kind: row.kind,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    outcome: row.outcome,
    counts: row.counts ? JSON.parse(row.counts) : undefined,
    held: row.held ?? undefined,
    error: row.error ?? undefined,
  };
}

export function toProblemReport(row: any): ProblemReport {
  return { ...toProblem(row), firstSeenAt: row.first_seen_at };
}

export function toPlanReport(row: any): PlanReport {
  return {
    hash: row.hash,
    state: row.state,
    reason: row.reason,
    count: row.entity_count,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  };
}
