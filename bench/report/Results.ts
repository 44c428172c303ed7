import { splitRows, type RowsByTable } from '../measure/rowsWritten';
import type { Measurement } from '../subjects/startSubject';
import { median } from './median';
import type { Figures, Row } from './row';

type Key = Pick<Row, 'subject' | 'case' | 'records'>;

/**
 * Collects what was measured. Whatever is expected has a row: with figures if
 * all rounds were measured, and as failed otherwise.
 */
export class Results {
  readonly #entries = new Map<
    string,
    { key: Key; measured: Measurement[]; failures: string[] }
  >();
  readonly #rounds: number;

  constructor(rounds: number) {
    this.#rounds = rounds;
  }

  expect(key: Key): void {
    this.#entry(key);
  }

  add(key: Key, measurement: Measurement): void {
    this.#entry(key).measured.push(measurement);
  }

  fail(key: Key, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#entry(key).failures.push(message);
  }

  rows(): Row[] {
    return [...this.#entries.values()].map(({ key, measured, failures }) => {
      const row = { ...key, rounds: measured.length };
      if (measured.length === this.#rounds && failures.length === 0) {
        return { ...row, ...summarize(measured) };
      }
      const failed =
        failures[0] ??
        `measured in ${measured.length} of ${this.#rounds} rounds`;
      return { ...row, failed };
    });
  }

  #entry(key: Key) {
    const id = JSON.stringify([key.subject, key.case, key.records]);
    const entry = this.#entries.get(id) ?? { key, measured: [], failures: [] };
    this.#entries.set(id, entry);
    return entry;
  }
}

function summarize(measured: Measurement[]): Figures {
  const of = (name: 'ingestMs' | 'runMs' | 'cpuMs' | 'memoryMb') =>
    median(measured.map(measurement => measurement[name]));
  const byTable = maxByTable(measured.map(({ rows }) => rows));
  return {
    ingestMs: of('ingestMs'),
    runMs: of('runMs'),
    cpuMs: of('cpuMs'),
    memoryMb: of('memoryMb'),
    mutations: Math.max(...measured.map(({ mutations }) => mutations)),
    rows: { ...splitRows(byTable), byTable },
  };
}

function maxByTable(rounds: RowsByTable[]): RowsByTable {
  const most: RowsByTable = {};
  for (const [table, written] of rounds.flatMap(Object.entries<number>)) {
    most[table] = Math.max(most[table] ?? 0, written);
  }
  return most;
}
