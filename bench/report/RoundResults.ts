import { median } from './median';
import type { RoundFigures, Row } from './row';

type Key = Pick<Row, 'subject' | 'case' | 'records'>;

/** Of these the most of any round counts, not the median. */
const MOST: Array<keyof RoundFigures> = ['errors', 'statements', 'queriesEach'];

const idOf = (key: Pick<Row, 'subject' | 'case'>) =>
  JSON.stringify([key.subject, key.case]);

/**
 * Collects what each round gave. Whatever is expected has a row: with figures
 * if all rounds were measured, and as failed otherwise.
 */
export class RoundResults {
  readonly #entries = new Map<
    string,
    { key: Key; rounds: number; measured: RoundFigures[]; failures: string[] }
  >();

  /** That there is to be a row, of so many rounds. */
  expect(key: Key, rounds: number): void {
    this.#entries.set(idOf(key), { key, rounds, measured: [], failures: [] });
  }

  add(key: Pick<Row, 'subject' | 'case'>, figures: RoundFigures): void {
    this.#entries.get(idOf(key))?.measured.push(figures);
  }

  fail(key: Pick<Row, 'subject' | 'case'>, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#entries.get(idOf(key))?.failures.push(message);
  }

  rows(): Row[] {
    return [...this.#entries.values()].map(entry => {
      const { key, rounds, measured, failures } = entry;
      const row = { ...key, rounds: measured.length };
      return measured.length === rounds && failures.length === 0
        ? { ...row, ...summarize(measured) }
        : {
            ...row,
            failed:
              failures[0] ??
              `measured in ${measured.length} of ${rounds} rounds`,
          };
    });
  }
}

function summarize(measured: RoundFigures[]): RoundFigures {
  const summary: RoundFigures = {};
  const names = Object.keys(measured[0]) as Array<keyof RoundFigures>;
  for (const name of names) {
    const values = measured.flatMap(figures => figures[name] ?? []);
    summary[name] = MOST.includes(name) ? Math.max(...values) : median(values);
  }
  return summary;
}
