import type { RowsByTable } from '../measure/rowsWritten';

/** Numbers that each round gives, and of which there is one for all rounds. */
export interface RoundFigures {
  /** Requests answered in a second. */
  perSecond?: number;
  p50Ms?: number;
  p95Ms?: number;
  p99Ms?: number;
  /** Of what this module itself adds, up to the call into the catalog. */
  ownP95Ms?: number;
  /** CPU time for each record. */
  cpuMicros?: number;
  /** Look-ups for each entity. */
  queriesEach?: number;
  /** Requests that were not answered as they should be. */
  errors?: number;
  /** Statements that requests had PostgreSQL do. */
  statements?: number;
}

/** Medians over the rounds, of one subject in one case. */
export interface Figures extends RoundFigures {
  /** From the first byte of the answer to the end of the last mutation. */
  ingestMs?: number;
  /** The whole run. */
  runMs?: number;
  cpuMs?: number;
  /** Peak over the idle backend. */
  memoryMb?: number;
  /** The most calls of `applyMutation` in any round. */
  mutations?: number;
  /** The most rows written in any round. */
  rows?: { catalog: number; own: number; byTable: RowsByTable };
}

export interface Row extends Figures {
  subject: string;
  case: string;
  records: number;
  rounds: number;
  /** Why it is not measured; then there are no figures. */
  failed?: string;
}

export function findRow(
  rows: Row[],
  by: Pick<Row, 'subject' | 'case' | 'records'>,
): Row | undefined {
  return rows.find(
    row =>
      row.subject === by.subject &&
      row.case === by.case &&
      row.records === by.records,
  );
}
